#include "adapters/net/http_parser.h"

#include <gtest/gtest.h>

#include <string>

namespace perigee::net {
namespace {

constexpr RequestLimits kLimits{.header_max = 1024, .body_max = 1000};

std::span<const std::byte> Bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

std::string Text(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Feeds `text` as it would come in two reads, the first of `split` bytes; the status it is refused
// with, or 0.
int FeedInTwo(RequestParser& parser, std::string_view text, std::size_t split) {
  std::size_t used = 0;
  for (const std::size_t end : {split, text.size()}) {
    for (bool moving = true; moving && !parser.done();) {
      const auto step = parser.Feed(Bytes(text.substr(used, end - used)));
      if (!step) return step.error().status;
      used += *step;
      moving = *step > 0 && used < end;
    }
  }
  return 0;
}

TEST(RequestParser, ReadsTheSameWhereverTheBytesAreCut) {
  const std::string_view text =
      "POST /a?b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nX-Y: z\r\n\r\n"
      "3\r\nabc\r\na;q=\"1\"\r\n0123456789\r\n0\r\nX-Trailer: t\r\n\r\n";
  for (std::size_t split = 0; split <= text.size(); ++split) {
    RequestParser parser(kLimits);
    ASSERT_EQ(FeedInTwo(parser, text, split), 0) << split;
    ASSERT_TRUE(parser.done()) << split;
    ASSERT_EQ(Text(parser.request().body), "abc0123456789") << split;
    ASSERT_EQ(parser.request().headers.size(), 3U) << split;
  }
}

TEST(RequestParser, ReadsAnEmptyChunkedBodyByteByByte) {
  RequestParser parser(kLimits);
  std::string unparsed;
  for (const char byte : std::string_view(
           "PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")) {
    ASSERT_FALSE(parser.done());
    unparsed.push_back(byte);
    const auto used = parser.Feed(Bytes(unparsed));
    ASSERT_TRUE(used.has_value()) << used.error().why;
    unparsed.erase(0, *used);
  }
  EXPECT_TRUE(parser.done());
  EXPECT_TRUE(parser.request().body.empty());
}

TEST(RequestParser, StopsAfterTheHeadAndLeavesASizedBody) {
  RequestParser parser(kLimits);
  const std::string_view text = "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc";
  EXPECT_EQ(parser.Feed(Bytes(text)), text.size() - 3);
  EXPECT_TRUE(parser.head_done());
  EXPECT_FALSE(parser.done());
  EXPECT_EQ(parser.content_length(), 3U);
}

TEST(RequestParser, ReadsTheFormThatProxiesSend) {
  const auto path_of = [](std::string_view target) {
    RequestParser parser(kLimits);
    const std::string head = "GET " + std::string(target) + " HTTP/1.1\r\nHost: x\r\n\r\n";
    EXPECT_TRUE(parser.Feed(Bytes(head)).has_value());
    return parser.request().path + "?" + parser.request().query;
  };
  EXPECT_EQ(path_of("http://node:80/v2?x=http://y"), "/v2?x=http://y");
  EXPECT_EQ(path_of("http://node"), "/?");
  EXPECT_EQ(path_of("/v2?x=http://y"), "/v2?x=http://y");
}

TEST(RequestParser, KnowsWhoKeepsTheConnection) {
  const auto keeps = [](std::string head) {
    RequestParser parser(kLimits);
    EXPECT_TRUE(parser.Feed(Bytes(head += "\r\n\r\n")).has_value());
    return parser.keep_alive();
  };
  EXPECT_TRUE(keeps("GET / HTTP/1.1\r\nHost: x"));
  EXPECT_FALSE(keeps("GET / HTTP/1.1\r\nHost: x\r\nConnection: Close"));
  EXPECT_FALSE(keeps("GET / HTTP/1.0"));
  EXPECT_TRUE(keeps("GET / HTTP/1.0\r\nConnection: keep-alive"));
}

TEST(ResponseParser, ReadsTheSameWhereverTheBytesAreCut) {
  const std::string_view text =
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
  for (std::size_t split = 0; split <= text.size(); ++split) {
    ResponseParser parser(1000, /*answers_head=*/false);
    const auto first = parser.Feed(Bytes(text.substr(0, split)));
    ASSERT_TRUE(first.has_value()) << split;
    ASSERT_TRUE(parser.Feed(Bytes(text.substr(*first))).has_value()) << split;
    ASSERT_TRUE(parser.done()) << split;
    ASSERT_EQ(parser.Take().body, "abcde") << split;
  }
}

TEST(ResponseParser, IsCutOffByAnEndBeforeTheFirstByte) {
  ResponseParser parser(1000, /*answers_head=*/false);
  EXPECT_FALSE(parser.FeedEnd());
  EXPECT_TRUE(parser.Feed(Bytes("HTTP/1.1 100 Continue\r\n\r\n")).has_value());
  EXPECT_FALSE(parser.FeedEnd());
}

TEST(ResponseParser, BoundsTheBody) {
  ResponseParser parser(4, /*answers_head=*/false);
  const auto fed = parser.Feed(Bytes("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"));
  ASSERT_FALSE(fed.has_value());
  EXPECT_EQ(fed.error().code, Code::kResourceExhausted);
}

}  // namespace
}  // namespace perigee::net
