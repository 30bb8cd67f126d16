// Streams over a real listener and our own client.
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "adapters/http_server/http_server.h"
#include "adapters/http_server/testing/bare_node.h"
#include "adapters/net/http_client.h"
#include "adapters/net/http_listener.h"
#include "adapters/net/websocket_client.h"
#include "base/clock.h"
#include "task/testing/fake_stream_task.h"
#include "task/testing/fake_task.h"
#include "wire/stream_frame.h"

namespace perigee::http_server {
namespace {

using std::chrono::seconds;

class StreamRoutesTest : public testing::Test {
 protected:
  StreamRoutesTest() {
    const auto at_once = [](TimePoint, task::Seat::Work work) { work({}); };
    auto task = std::make_shared<task::FakeStreamTask>("emotion");
    fake_ = task.get();
    bare_.tasks.Put({std::move(task), at_once});
    bare_.tasks.Put(
        {std::make_shared<task::FakeTask>(
             [](const auto&, const auto&) -> Result<task::Answer> { return task::Answer{}; }),
         at_once});
    Node node = bare_.On(clock_);
    node.streams = &counts_;
    server_ = std::make_unique<HttpServer>(std::move(node));
    auto started = net::HttpListener::Start({}, *server_);
    EXPECT_TRUE(started.has_value());
    listener_ = *std::move(started);
  }
  ~StreamRoutesTest() override { fake_->Release(); }

  Result<std::unique_ptr<net::WebSocketClient>> Open(const std::string& target) {
    return net::WebSocketClient::Open("http://127.0.0.1:" + std::to_string(listener_->port()),
                                      target, {}, {});
  }
  void Connect(const std::string& target = "/v1/tasks/emotion/stream") {
    auto opened = Open(target);
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    client_ = *std::move(opened);
  }
  void Send(const wire::StreamFrame& frame, std::string_view picture = "JPEG") {
    const std::string head = wire::StreamFrameHead(frame);
    ASSERT_TRUE(client_->Send(std::as_bytes(std::span(head)), std::as_bytes(std::span(picture))));
  }
  Result<task::FrameAnswer> Receive() {
    auto text = client_->Receive(std::chrono::steady_clock::now() + seconds(10));
    if (!text) return Fail(text.error());
    if (!*text) return Fail(DeadlineExceeded("no answer came"));
    return wire::ParseFrameAnswer(std::as_bytes(std::span(**text)));
  }
  template <typename Condition>
  static bool Eventually(const Condition& holds) {
    const TimePoint end = std::chrono::steady_clock::now() + seconds(10);
    while (!holds() && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    return holds();
  }

  SteadyClock clock_;
  BareNode bare_;
  task::StreamCounts counts_;
  task::FakeStreamTask* fake_ = nullptr;
  std::unique_ptr<HttpServer> server_;
  std::unique_ptr<net::HttpListener> listener_;
  std::unique_ptr<net::WebSocketClient> client_;
};

TEST_F(StreamRoutesTest, AnswersFramesWithTheirIdAndTime) {
  Connect();
  Send({.id = 7, .timestamp_us = 99});
  const auto answer = Receive();
  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  EXPECT_EQ(answer->id, 7U);
  EXPECT_EQ(answer->timestamp_us, 99);
  EXPECT_EQ(answer->outcome, task::FrameAnswer::Outcome::kAnswered);
  EXPECT_EQ(answer->answer->image_width, 4);
}

TEST_F(StreamRoutesTest, CountsPicturesThatComeAlone) {
  Connect();
  for (std::uint64_t id = 1; id <= 2; ++id) {
    ASSERT_TRUE(client_->Send(std::as_bytes(std::span("\xFF\xD8\xFF\xE0"))));
    EXPECT_EQ(Receive()->id, id);
  }
}

TEST_F(StreamRoutesTest, GarbageBetweenFramesFailsAlone) {
  Connect();
  ASSERT_TRUE(client_->Send(std::as_bytes(std::span("\x02\0\0\0{!"))));
  Send({.id = 2});
  const auto garbage = Receive();
  ASSERT_TRUE(garbage.has_value());
  EXPECT_EQ(garbage->id, 1U);
  EXPECT_EQ(garbage->answer.error().code, Code::kInvalidArgument);
  EXPECT_EQ(Receive()->id, 2U);
}

TEST_F(StreamRoutesTest, AFramesBudgetRunsFromItsArrival) {
  Connect("/v1/tasks/emotion/stream?budget_ms=60000&every=2");
  const TimePoint before = clock_.Now();
  Send({.id = 1});
  ASSERT_TRUE(Receive().has_value());
  EXPECT_GE(fake_->last().deadline, before + std::chrono::milliseconds(59999));
  EXPECT_LE(fake_->last().deadline, clock_.Now() + seconds(60));
  Send({.id = 2, .budget = seconds(1)});
  ASSERT_TRUE(Receive().has_value());
  EXPECT_LE(fake_->last().deadline, clock_.Now() + seconds(1));
}

TEST_F(StreamRoutesTest, RefusesBeforeTheUpgrade) {
  for (const auto& [target, code] :
       {std::pair{"/v1/tasks/nope/stream", Code::kNotFound},
        {"/v1/tasks/emotion/stream?every=0", Code::kInvalidArgument},
        {"/v1/tasks/emotion/stream?budget_ms=soon", Code::kInvalidArgument}}) {
    const auto refused = Open(target);
    ASSERT_FALSE(refused.has_value()) << target;
    EXPECT_EQ(refused.error().code, code) << refused.error().message;
  }
  const auto none = Open("/v1/tasks/fake/stream");
  ASSERT_FALSE(none.has_value());
  EXPECT_NE(none.error().message.find("takes no streams"), std::string::npos);
}

TEST_F(StreamRoutesTest, StopsReadingWhileTooMuchIsUnanswered) {
  fake_->Hold();
  Connect();
  for (std::uint64_t id = 1; id <= 200; ++id) Send({.id = id});
  EXPECT_TRUE(Eventually([&] { return fake_->kept() == task::FrameLedger::kUnansweredMax; }));
  fake_->Release();
  for (std::uint64_t id = 1; id <= 200; ++id) {
    const auto answer = Receive();
    ASSERT_TRUE(answer.has_value()) << answer.error().message;
    ASSERT_EQ(answer->id, id);
  }
}

TEST_F(StreamRoutesTest, StopsTheStreamWhenItsClientLeaves) {
  fake_->Hold();
  Connect();
  Send({.id = 1});
  EXPECT_TRUE(Eventually([&] { return fake_->kept() == 1; }));
  client_.reset();
  EXPECT_TRUE(Eventually([&] { return fake_->context().stop.stop_requested(); }));
}

TEST_F(StreamRoutesTest, ShowsWhatStreamsCameTo) {
  Connect();
  Send({.id = 1});
  ASSERT_TRUE(Receive().has_value());
  auto http = net::HttpClient::Open("http://127.0.0.1:" + std::to_string(listener_->port()));
  ASSERT_TRUE(http.has_value());
  const auto metrics = (*http)->Send({.target = "/metrics"}, {});
  ASSERT_TRUE(metrics.has_value());
  EXPECT_NE(
      metrics->body.find(R"(perigee_stream_frames_total{task="emotion",outcome="answered"} 1)"),
      std::string::npos);
  EXPECT_NE(metrics->body.find(R"(perigee_streams_open{task="emotion"} 1)"), std::string::npos);
}

}  // namespace
}  // namespace perigee::http_server
