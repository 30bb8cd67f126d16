// What a listener refuses, and that it refuses early.
#include <gtest/gtest.h>

#include <string>

#include "adapters/net/http_listener.h"
#include "adapters/net/testing/raw_client.h"
#include "adapters/net/testing/scripted_handler.h"

namespace perigee::net {
namespace {

using std::chrono::milliseconds;

class HttpListenerLimitsTest : public testing::Test {
 protected:
  RawClient Connect(const HttpListenerOptions& options) {
    auto started = HttpListener::Start(options, handler_);
    if (!started) ADD_FAILURE() << started.error().message;
    listener_ = *std::move(started);
    return RawClient(listener_->port());
  }
  // The status that these bytes, and no others, are answered with before the connection ends.
  int Status(std::string_view bytes, const HttpListenerOptions& options = {}) {
    RawClient client = Connect(options);
    client.Send(bytes);
    const int status = client.Read().status;
    EXPECT_TRUE(client.ReadsEnd());
    return status;
  }

  ScriptedHandler handler_;
  std::unique_ptr<HttpListener> listener_;
};

TEST_F(HttpListenerLimitsTest, RefusesABodyOverTheLimitWithoutWaitingForIt) {
  EXPECT_EQ(
      Status("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n", {.body_max = 1000}),
      413);
}

TEST_F(HttpListenerLimitsTest, RefusesAnOversizedBodyInsteadOfAskingForIt) {
  EXPECT_EQ(Status("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n"
                   "Expect: 100-continue\r\n\r\n"),
            413);
}

TEST_F(HttpListenerLimitsTest, RefusesAChunkedBodyOverTheLimit) {
  EXPECT_EQ(Status("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                   "8\r\n12345678\r\n8\r\n12345678\r\n",
                   {.body_max = 10}),
            413);
}

TEST_F(HttpListenerLimitsTest, TheRefusalReachesAClientThatKeepsSending) {
  RawClient client = Connect({.body_max = 1000});
  client.Send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4000000\r\n\r\n");
  client.Send(std::string(4000000, 'x'));
  EXPECT_EQ(client.Read().status, 413);
}

TEST_F(HttpListenerLimitsTest, BoundsTheBodiesOfAllRequestsTogether) {
  RawClient first = Connect({.body_max = 1000, .bodies_max = 1500});
  const std::string head = "POST /held HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n";
  first.Send(head + std::string(1000, 'x'));
  auto held = handler_.Take();
  ASSERT_TRUE(held.has_value());
  RawClient second(listener_->port());
  second.Send(head + std::string(1000, 'x'));
  EXPECT_EQ(second.Read().status, 503);
  held->respond(Text("done"));
  EXPECT_EQ(first.Read().body, "done");
  first.Send(head + std::string(1000, 'x'));
  EXPECT_TRUE(handler_.Take().has_value());
}

TEST_F(HttpListenerLimitsTest, RefusesAHeaderOverTheLimit) {
  const std::string head = "GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + std::string(2000, 'y');
  EXPECT_EQ(Status(head, {.header_max = 1024}), 431);
  EXPECT_EQ(Status(head + "\r\n\r\n", {.header_max = 1024}), 431);
}

TEST_F(HttpListenerLimitsTest, RefusesThousandsOfTinyFields) {
  std::string head = "GET / HTTP/1.1\r\nHost: x\r\n";
  for (int i = 0; i < 1000; ++i) head += "a:b\r\n";
  EXPECT_EQ(Status(head + "\r\n"), 431);
}

TEST_F(HttpListenerLimitsTest, RefusesWhatIsNotHttp) {
  EXPECT_EQ(Status("\x16\x03\x01\x02 garbage\r\n\r\n"), 400);
  EXPECT_EQ(Status("GET / HTTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(Status("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"), 400);
  EXPECT_EQ(Status("GET / HTTP/1.1\r\nHost: x\r\nNo colon\r\n\r\n"), 400);
  EXPECT_EQ(Status("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n"), 400);
  EXPECT_EQ(Status("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 505);
}

TEST_F(HttpListenerLimitsTest, RefusesFramingThatTwoServersCouldReadTwoWays) {
  const std::string start = "POST / HTTP/1.1\r\nHost: x\r\n";
  EXPECT_EQ(Status(start + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"), 400);
  EXPECT_EQ(Status(start + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc"), 400);
  EXPECT_EQ(Status(start + "Transfer-Encoding: gzip, chunked\r\n\r\n"), 501);
  EXPECT_EQ(Status(start + "Transfer-Encoding: chunked, identity\r\n\r\n"), 501);
  EXPECT_EQ(Status(start + "Transfer-Encoding: chunked\r\n\r\nzz\r\n"), 400);
  EXPECT_EQ(Status(start + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n"), 400);
}

TEST_F(HttpListenerLimitsTest, RefusesAnUnknownExpectation) {
  EXPECT_EQ(Status("GET / HTTP/1.1\r\nHost: x\r\nExpect: gifts\r\n\r\n"), 417);
}

TEST_F(HttpListenerLimitsTest, BoundsChunkExtensions) {
  EXPECT_EQ(Status("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1;" +
                       std::string(30000, 'e'),
                   {.header_max = 1024}),
            400);
}

TEST_F(HttpListenerLimitsTest, EndsAClientWhoseHeaderNeverComes) {
  EXPECT_EQ(Status("GET / HT", {.header_timeout = milliseconds(50)}), 408);
}

TEST_F(HttpListenerLimitsTest, EndsAClientWhoseBodyStops) {
  EXPECT_EQ(Status("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc",
                   {.body_timeout = milliseconds(50)}),
            408);
}

TEST_F(HttpListenerLimitsTest, EndsAnIdleClientWithoutAWord) {
  RawClient client = Connect({.idle_timeout = milliseconds(50)});
  EXPECT_TRUE(client.ReadsEnd());
}

TEST_F(HttpListenerLimitsTest, EndsAClientThatDoesNotReadItsAnswer) {
  RawClient client = Connect({.write_timeout = milliseconds(50)});
  const std::string held = "GET /held HTTP/1.1\r\nHost: x\r\n\r\n";
  client.Send(held + "GET /large HTTP/1.1\r\nHost: x\r\n\r\n" + held);
  auto first = handler_.Take();
  ASSERT_TRUE(first.has_value());
  first->respond(Text("accepted"));
  EXPECT_EQ(client.Read().body, "accepted");
  listener_->Drain(std::chrono::minutes(1));
  EXPECT_EQ(client.Read().status, 0);
}

TEST_F(HttpListenerLimitsTest, TakesTheNextConnectionWhenOneEnds) {
  RawClient first = Connect({.connections_max = 1});
  first.Send("GET /held HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  auto held = handler_.Take();
  ASSERT_TRUE(held.has_value());
  RawClient second(listener_->port());
  second.Send("GET /echo HTTP/1.1\r\nHost: x\r\n\r\n");
  held->respond(Text("first"));
  EXPECT_EQ(first.Read().body, "first");
  EXPECT_TRUE(first.ReadsEnd());
  first.HalfClose();
  EXPECT_EQ(second.Read().status, 200);
}

}  // namespace
}  // namespace perigee::net
