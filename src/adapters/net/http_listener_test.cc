// What a listener does for decent clients: framing, order, threads, half-close and reset.
#include "adapters/net/http_listener.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "adapters/net/testing/raw_client.h"
#include "adapters/net/testing/scripted_handler.h"

namespace perigee::net {
namespace {

std::string Post(std::string_view path, std::string_view body) {
  return "POST " + std::string(path) +
         " HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string(body);
}

class HttpListenerTest : public testing::Test {
 protected:
  void SetUp() override {
    auto started = HttpListener::Start({.threads = 2}, handler_);
    ASSERT_TRUE(started.has_value()) << started.error().message;
    listener_ = *std::move(started);
  }
  RawClient Connect() { return RawClient(listener_->port()); }

  ScriptedHandler handler_;
  std::unique_ptr<HttpListener> listener_;
};

TEST_F(HttpListenerTest, AnswersRequestAfterRequestOnOneConnection) {
  RawClient client = Connect();
  for (const std::string body : {"one", "", "three"}) {
    client.Send(Post("/echo", body));
    const RawResponse response = client.Read();
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, body);
  }
}

TEST_F(HttpListenerTest, AnswersPipelinedRequestsInOrder) {
  RawClient client = Connect();
  client.Send(Post("/held", "") + Post("/echo", "second") + Post("/thread", "third"));
  auto held = handler_.Take();
  ASSERT_TRUE(held.has_value());
  held->respond(Text("first"));
  EXPECT_EQ(client.Read().body, "first");
  EXPECT_EQ(client.Read().body, "second");
  EXPECT_EQ(client.Read().body, "third");
}

TEST_F(HttpListenerTest, HandsOverThePartsOfTheRequest) {
  RawClient client = Connect();
  const auto before = std::chrono::steady_clock::now();
  client.Send(
      "PUT /held?a=1&b=%20 HTTP/1.1\r\nHost: x\r\nX-One:  two \r\nContent-Length: 3\r\n\r\nabc");
  const auto held = handler_.Take();
  ASSERT_TRUE(held.has_value());
  EXPECT_EQ(held->request->method, "PUT");
  EXPECT_EQ(held->request->path, "/held");
  EXPECT_EQ(held->request->query, "a=1&b=%20");
  EXPECT_EQ(HeaderValue(held->request->headers, "x-one"), "two");
  EXPECT_EQ(held->request->body.size(), 3U);
  EXPECT_GE(held->request->received_at, before);
}

TEST_F(HttpListenerTest, ReadsALargeBodyWhole) {
  RawClient client = Connect();
  std::string body(std::size_t{3} << 20, 'a');
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>(i * 31 >> 8);
  client.Send(Post("/echo", body));
  EXPECT_TRUE(client.Read().body == body);
}

TEST_F(HttpListenerTest, ReadsAChunkedBodyAndKeepsTheConnection) {
  RawClient client = Connect();
  client.Send("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (const char* piece :
       {"3\r", "\nab", "c\r\n", "2;note=1\r\nde\r\n0\r\nX-Late: 1\r\n", "\r\n"}) {
    client.Send(piece);
  }
  EXPECT_EQ(client.Read().body, "abcde");
  client.Send(Post("/echo", "again"));
  EXPECT_EQ(client.Read().body, "again");
}

TEST_F(HttpListenerTest, AsksForTheBodyThatAClientHoldsBack) {
  RawClient client = Connect();
  client.Send(
      "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.Read().status, 100);
  client.Send("ok");
  EXPECT_EQ(client.Read().body, "ok");
}

TEST_F(HttpListenerTest, AnswersHeadWithALengthAndNoBody) {
  RawClient client = Connect();
  client.Send("HEAD /large HTTP/1.1\r\nHost: x\r\n\r\n" + Post("/echo", "next"));
  const RawResponse response = client.Read(/*bodiless=*/true);
  EXPECT_NE(response.head.find("Content-Length: 8388608\r\n"), std::string::npos);
  EXPECT_EQ(client.Read().body, "next");
}

TEST_F(HttpListenerTest, AnswersAClientThatHasHalfClosed) {
  RawClient client = Connect();
  client.Send(Post("/held", ""));
  client.HalfClose();
  auto held = handler_.Take();
  ASSERT_TRUE(held.has_value());
  EXPECT_FALSE(held->request->stop.stop_requested());
  held->respond(Text("still here"));
  EXPECT_EQ(client.Read().body, "still here");
  EXPECT_TRUE(client.ReadsEnd());
}

TEST_F(HttpListenerTest, RequestsTheStopWhenTheClientResets) {
  RawClient client = Connect();
  client.Send(Post("/held", ""));
  auto held = handler_.Take();
  ASSERT_TRUE(held.has_value());
  client.Reset();
  EXPECT_TRUE(WaitForStop(held->request->stop));
  held->respond(Text("nobody reads this"));
}

TEST_F(HttpListenerTest, RequestsTheStopWhenAHalfClosedClientResets) {
  RawClient client = Connect();
  client.Send(Post("/held", ""));
  client.HalfClose();
  auto held = handler_.Take();
  ASSERT_TRUE(held.has_value());
  client.Reset();
  EXPECT_TRUE(WaitForStop(held->request->stop));
}

TEST_F(HttpListenerTest, SaysSoWhenTheHandlerForgetsToAnswer) {
  RawClient client = Connect();
  client.Send(Post("/dropped", "") + Post("/echo", "next"));
  EXPECT_EQ(client.Read().status, 500);
  EXPECT_EQ(client.Read().body, "next");
}

TEST_F(HttpListenerTest, SendsALargeAnswerWhole) {
  RawClient client = Connect();
  client.Send(Post("/large", ""));
  EXPECT_EQ(client.Read().body.size(), std::size_t{8} << 20);
}

TEST_F(HttpListenerTest, ClosesForAClientThatAsks) {
  RawClient client = Connect();
  client.Send("GET /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_NE(client.Read().head.find("Connection: close\r\n"), std::string::npos);
  EXPECT_TRUE(client.ReadsEnd());
}

TEST_F(HttpListenerTest, SpeaksHttp10) {
  RawClient once = Connect();
  once.Send("GET /echo HTTP/1.0\r\n\r\n");
  EXPECT_EQ(once.Read().status, 200);
  EXPECT_TRUE(once.ReadsEnd());
  RawClient kept = Connect();
  kept.Send("GET /echo HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_NE(kept.Read().head.find("Connection: keep-alive\r\n"), std::string::npos);
}

TEST_F(HttpListenerTest, AnswersFiveHundredConnectionsAtOnce) {
  std::vector<RawClient> clients;
  for (int i = 0; i < 500; ++i) clients.push_back(Connect());
  for (std::size_t i = 0; i < clients.size(); ++i) {
    clients[i].Send(Post("/echo", std::to_string(i)));
  }
  for (std::size_t i = 0; i < clients.size(); ++i) {
    ASSERT_EQ(clients[i].Read().body, std::to_string(i));
  }
}

TEST_F(HttpListenerTest, IgnoresAnAnswerThatComesAfterItsEnd) {
  RawClient client = Connect();
  client.Send(Post("/held", ""));
  auto held = handler_.Take();
  ASSERT_TRUE(held.has_value());
  listener_.reset();
  EXPECT_TRUE(held->request->stop.stop_requested());
  held->respond(Text("late"));
  EXPECT_EQ(client.Read().status, 0);
}

TEST_F(HttpListenerTest, RefusesAPortInUseWithASentence) {
  const int port = listener_->port();
  const auto second = HttpListener::Start({.port = port}, handler_);
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, Code::kUnavailable);
  EXPECT_EQ(second.error().message,
            "listen on 127.0.0.1:" + std::to_string(port) + ": address already in use");
}

TEST_F(HttpListenerTest, BindsOnlyLoopbackWithoutTls) {
  const auto open = HttpListener::Start({.address = "0.0.0.0"}, handler_);
  ASSERT_FALSE(open.has_value());
  EXPECT_EQ(open.error().code, Code::kInvalidArgument);
  EXPECT_TRUE(HttpListener::Start({.address = "0.0.0.0", .insecure = true}, handler_).has_value());
}

TEST_F(HttpListenerTest, RefusesOptionsThatMakeNoSense) {
  EXPECT_FALSE(HttpListener::Start({.address = "nowhere"}, handler_).has_value());
  EXPECT_FALSE(HttpListener::Start({.port = 70000}, handler_).has_value());
  EXPECT_FALSE(HttpListener::Start({.threads = 0}, handler_).has_value());
  EXPECT_FALSE(HttpListener::Start({.key_file = "alone.pem"}, handler_).has_value());
  EXPECT_FALSE(HttpListener::Start({.idle_timeout = Duration(0)}, handler_).has_value());
}

}  // namespace
}  // namespace perigee::net
