// Both clients against a listener that says what a node would.
#include <gtest/gtest.h>

#include <chrono>
#include <mutex>
#include <string>

#include "adapters/http_client/infer_client.h"
#include "adapters/http_client/task_client.h"
#include "adapters/net/http_listener.h"
#include "wire/budget.h"
#include "wire/task_api.h"

namespace perigee::http_client {
namespace {

using namespace std::chrono_literals;

class Node final : public net::HttpHandler {
 public:
  Node() {
    auto listener = net::HttpListener::Start({}, *this);
    EXPECT_TRUE(listener.has_value());
    listener_ = *std::move(listener);
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(listener_->port()); }

  void Handle(std::unique_ptr<net::HttpRequest> request, net::HttpRespond respond) override {
    const std::scoped_lock lock(mutex_);
    headers_ = request->headers;
    net::HttpResponse response{.body = R"({"error":"no room"})"};
    response.headers = {{"endpoint-load-metrics", load_}};
    if (request->path == "/v1/tasks/t" && request->method == "GET") {
      task::Description description;
      description.name = "t";
      response.body = wire::TaskJson(description);
    } else if (request->path == "/v1/tasks/t") {
      response.body = wire::WriteAnswer({"t", "edge-1", {}});
    } else {
      response.status = 429;
    }
    respond(std::move(response));
  }
  net::HttpResponse Refusal(int status, std::string_view) override { return {.status = status}; }

  std::string Header(std::string_view name) {
    const std::scoped_lock lock(mutex_);
    return std::string(net::HeaderValue(headers_, name));
  }
  void SetLoad(std::string load) {
    const std::scoped_lock lock(mutex_);
    load_ = std::move(load);
  }

 private:
  std::mutex mutex_;
  net::Headers headers_;
  std::string load_ = "TEXT named_metrics.perigee_wait_ms=7, named_metrics.perigee_valid_ms=900000";
  std::unique_ptr<net::HttpListener> listener_;  // last: it ends before what it calls
};

task::Context Terms() {
  task::Context context{.deadline = std::chrono::steady_clock::now() + 1h,
                        .stop = {},
                        .purpose = "test",
                        .tenant = "ward-7",
                        .priority = task::Priority::kLow};
  context.trace = {.trace_id = {1}, .span_id = {2}, .sampled = true};
  return context;
}

TEST(TaskClient, SendsItsTermsAndKeepsTheHint) {
  Node node;
  const auto client = TaskClient::Open(node.url(), "t", {});
  ASSERT_TRUE(client.has_value()) << client.error().message;
  EXPECT_EQ((*client)->hint(task::kUsualBudget).valid_for, Duration{});
  const std::string body = "jpeg";
  ASSERT_TRUE((*client)->Run({std::as_bytes(std::span(body)), "", {}}, Terms()).has_value());
  const Result<Duration> budget = wire::ParseBudget(node.Header("perigee-budget-ms"));
  ASSERT_TRUE(budget.has_value());
  EXPECT_LE(*budget, 1h);
  EXPECT_GT(*budget, 30min);
  EXPECT_EQ(node.Header("perigee-tenant"), "ward-7");
  EXPECT_EQ(node.Header("perigee-purpose"), "test");
  EXPECT_EQ(node.Header("perigee-priority"), "low");
  EXPECT_TRUE(node.Header("traceparent").starts_with("00-01"));
  EXPECT_EQ((*client)->hint(task::kUsualBudget).wait, 7ms);
  EXPECT_GT((*client)->hint(task::kUsualBudget).valid_for, 1min);
}

TEST(TaskClient, ForgetsAHintThatHoldsNoLonger) {
  Node node;
  node.SetLoad("TEXT named_metrics.perigee_wait_ms=7, named_metrics.perigee_valid_ms=0.001");
  const auto client = TaskClient::Open(node.url(), "t", {});
  ASSERT_TRUE(client.has_value());
  const std::string body = "jpeg";
  ASSERT_TRUE((*client)->Run({std::as_bytes(std::span(body)), "", {}}, {}).has_value());
  EXPECT_EQ(node.Header("perigee-budget-ms"), "");
  EXPECT_EQ(node.Header("perigee-priority"), "");
  EXPECT_EQ((*client)->hint(task::kUsualBudget).valid_for, Duration{});
}

TEST(InferClient, ReadsTheHintOfARefusalToo) {
  Node node;
  const auto client = InferClient::Open(node.url(), {});
  ASSERT_TRUE(client.has_value());
  wire::InferRequest request;
  request.model_name = "m";
  const auto response = (*client)->Infer(request, Terms());
  ASSERT_FALSE(response.has_value());
  EXPECT_EQ(response.error().code, Code::kResourceExhausted);
  EXPECT_EQ((*client)->load().next.wait, 7ms);
  EXPECT_EQ(node.Header("perigee-tenant"), "ward-7");
}

}  // namespace
}  // namespace perigee::http_client
