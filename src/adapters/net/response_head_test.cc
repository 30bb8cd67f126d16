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

TEST(ResponseHead, LeavesTheFramingToTheListener) {
  const HttpResponse response{
      .status = 204,
      .headers = {{"content-length", "9"}, {"Transfer-Encoding", "x"}, {"connection", "Close"}},
      .body = "ignored"};
  EXPECT_TRUE(AsksToClose(response));
  EXPECT_EQ(ResponseHead(response, {.after = AfterAnswer::kClose, .date = "today"}),
            "HTTP/1.1 204 No Content\r\nDate: today\r\nConnection: close\r\n\r\n");
}

}  // namespace
}  // namespace perigee::net
