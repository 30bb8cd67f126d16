// How a listener ends.
#include <gtest/gtest.h>

#include <future>
#include <string>

#include "adapters/net/http_listener.h"
#include "adapters/net/testing/raw_client.h"
#include "adapters/net/testing/scripted_handler.h"

namespace perigee::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::string_view kHeld = "GET /held HTTP/1.1\r\nHost: x\r\n\r\n";

class HttpListenerDrainTest : public testing::Test {
 protected:
  void SetUp() override {
    auto started = HttpListener::Start({.threads = 2}, handler_);
    ASSERT_TRUE(started.has_value()) << started.error().message;
    listener_ = *std::move(started);
  }

  ScriptedHandler handler_;
  std::unique_ptr<HttpListener> listener_;
};

TEST_F(HttpListenerDrainTest, AnswersWhatIsUnderWayAndThenCloses) {
  RawClient client(listener_->port());
  client.Send(kHeld);
  auto held = handler_.Take();
  ASSERT_TRUE(held.has_value());
  auto drained = std::async(std::launch::async, [this] { listener_->Drain(seconds(10)); });
  RawClient idle_witness(std::move(client));
  while (!IsRefused(listener_->port())) std::this_thread::yield();
  held->respond(Text("the last one"));
  const RawResponse response = idle_witness.Read();
  EXPECT_EQ(response.body, "the last one");
  EXPECT_NE(response.head.find("Connection: close\r\n"), std::string::npos);
  EXPECT_TRUE(idle_witness.ReadsEnd());
  idle_witness.HalfClose();
  EXPECT_EQ(drained.wait_for(seconds(10)), std::future_status::ready);
}

TEST_F(HttpListenerDrainTest, ClosesIdleConnectionsAtOnce) {
  RawClient client(listener_->port());
  client.Send("GET /echo HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(client.Read().status, 200);
  const auto before = std::chrono::steady_clock::now();
  listener_->Drain(seconds(10));
  EXPECT_LT(std::chrono::steady_clock::now() - before, seconds(5));
  EXPECT_TRUE(client.ReadsEnd());
}

TEST_F(HttpListenerDrainTest, StopsWhatTheBudgetLeavesUnfinished) {
  RawClient client(listener_->port());
  client.Send(kHeld);
  auto held = handler_.Take();
  ASSERT_TRUE(held.has_value());
  listener_->Drain(milliseconds(20));
  EXPECT_TRUE(held->request->stop.stop_requested());
  EXPECT_TRUE(client.ReadsEnd());
}

TEST_F(HttpListenerDrainTest, MayBeRepeatedAndEndsWithoutConnections) {
  listener_->Drain(seconds(10));
  listener_->Drain(seconds(10));
  EXPECT_TRUE(IsRefused(listener_->port()));
}

TEST_F(HttpListenerDrainTest, LeavesItsPortToTheNext) {
  const int port = listener_->port();
  {
    RawClient client(port);
    client.Send("GET /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_EQ(client.Read().status, 200);
  }
  listener_.reset();
  EXPECT_TRUE(HttpListener::Start({.port = port}, handler_).has_value());
}

}  // namespace
}  // namespace perigee::net
