#include "adapters/net/response_head.h"

#include <gtest/gtest.h>

namespace perigee::net {
namespace {

TEST(ResponseHead, SaysStatusTypeLengthAndFields) {
  const HttpResponse response{
      .status = 200, .content_type = "text/plain", .headers = {{"X-Id", "7"}}, .body = "abc"};
  EXPECT_EQ(ResponseHead(response, {}),
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\nX-Id: 7\r\n\r\n");
}

TEST(ResponseHead, DoesNotLetAValueAddAField) {
  const HttpResponse response{
      .content_type = "", .headers = {{"X-Id", "7\r\nX-Evil: 1"}, {"X\n-Two", "2"}}, .body = ""};
  EXPECT_EQ(ResponseHead(response, {}),
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Id: 7  X-Evil: 1\r\nX -Two: 2\r\n\r\n");
}

TEST(ResponseHead, SaysTheDateAsHttpWantsIt) {
  const auto head = [](std::int64_t second) {
    const std::chrono::sys_seconds date{std::chrono::seconds(second)};
    return ResponseHead({.status = 204}, {.date = date});
  };
  EXPECT_EQ(head(784111777),
            "HTTP/1.1 204 No Content\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n");
  EXPECT_EQ(head(1709251199),
            "HTTP/1.1 204 No Content\r\nDate: Thu, 29 Feb 2024 23:59:59 GMT\r\n\r\n");
}

TEST(ResponseHead, LeavesTheFramingToTheListener) {
  const HttpResponse response{
      .status = 204,
      .headers = {{"content-length", "9"}, {"Transfer-Encoding", "x"}, {"connection", "Close"}},
      .body = "ignored"};
  EXPECT_TRUE(AsksToClose(response));
  EXPECT_EQ(ResponseHead(response, {.after = AfterAnswer::kClose, .date = {}}),
            "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
}

}  // namespace
}  // namespace perigee::net
