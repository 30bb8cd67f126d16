#include "adapters/http_server/http_server.h"

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>

#include "adapters/http_server/testing/bare_node.h"
#include "base/testing/fake_clock.h"
#include "model/testing/fake_model.h"
#include "task/testing/fake_task.h"

namespace perigee::http_server {
namespace {

using tensor::DType;
using tensor::Tensor;

model::Description Doubler() {
  model::Description description;
  description.name = "doubler";
  description.version = "3";
  description.platform = "fake";
  description.inputs = {{"x", DType::kFp32, {-1, 2}, {}}};
  description.outputs = {{"y", DType::kFp32, {-1, 2}, {}}};
  description.batch_max = 4;
  return description;
}

Result<model::Tensors> Double(const model::Tensors& inputs) {
  Tensor doubled = Tensor::Zeros(DType::kFp32, inputs[0].tensor.shape());
  const std::span<const float> x = inputs[0].tensor.As<float>();
  for (std::size_t i = 0; i < x.size(); ++i) doubled.Mutable<float>()[i] = 2 * x[i];
  model::Tensors outputs;
  outputs.push_back({"y", std::move(doubled)});
  return outputs;
}

task::Description EmotionTask() {
  task::Description description;
  description.name = "emotion";
  description.options = {{"faces_max", "integer", 1, 10, ""}};
  return description;
}

class HttpServerTest : public testing::Test {
 protected:
  HttpServerTest() {
    auto task = std::make_shared<task::FakeTask>(
        EmotionTask(), [this](const task::Payload& payload, const task::Context& context) {
          seen_ = payload;
          deadline_ = context.deadline;
          return answer_;
        });
    fake_ = task.get();
    bare_.tasks.Put({std::move(task), [](TimePoint, task::Seat::Work work) { work({}); }});
    auto model = std::make_unique<model::FakeModel>(
        Doubler(), [](const auto& inputs, const auto&) { return Double(inputs); });
    EXPECT_TRUE(bare_.models.Add(std::move(model)).has_value());
    server_ = std::make_unique<HttpServer>(bare_.On(clock_));
  }

  net::HttpResponse Send(const std::string& method, const std::string& target,
                         const std::string& body = "", net::Headers headers = {}) {
    auto request = std::make_unique<net::HttpRequest>();
    request->method = method;
    request->path = target.substr(0, target.find('?'));
    if (target.find('?') != std::string::npos) request->query = target.substr(target.find('?') + 1);
    request->headers = std::move(headers);
    const auto bytes = std::as_bytes(std::span(body));
    request->body.assign(bytes.begin(), bytes.end());
    request->received_at = clock_.Now();
    std::promise<net::HttpResponse> answered;
    server_->Handle(std::move(request),
                    [&](net::HttpResponse response) { answered.set_value(std::move(response)); });
    return answered.get_future().get();
  }

  FakeClock clock_;
  BareNode bare_;
  Result<task::Answer> answer_ = task::Answer{};
  task::Payload seen_;
  TimePoint deadline_;
  task::FakeTask* fake_ = nullptr;  // the one in bare_.tasks
  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpServerTest, InfersJson) {
  const auto response =
      Send("POST", "/v2/models/doubler/infer",
           R"({"id":"7","inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","data":[1,2.5]}]})");
  EXPECT_EQ(response.status, 200);
  EXPECT_NE(response.body.find(R"("id":"7")"), std::string::npos) << response.body;
  EXPECT_NE(response.body.find("[2,5]"), std::string::npos) << response.body;
}

TEST_F(HttpServerTest, InfersARawTensor) {
  const auto response = Send("POST", "/v2/models/doubler/versions/3/infer", std::string(8, '\0'),
                             {{"Inference-Header-Content-Length", "0"}});
  EXPECT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(response.content_type, "application/octet-stream");
  EXPECT_EQ(net::HeaderValue(response.headers, "inference-header-content-length"),
            std::to_string(response.body.size() - 8));
}

TEST_F(HttpServerTest, PredictsForTensorFlowsClients) {
  const auto response =
      Send("POST", "/v1/models/doubler:predict", R"({"instances":[[1,2],[3,4]]})");
  EXPECT_EQ(response.status, 200) << response.body;
  EXPECT_NE(response.body.find("predictions"), std::string::npos);
}

TEST_F(HttpServerTest, AnswersEveryErrorWithASentenceInJson) {
  const std::vector<std::tuple<std::string, std::string, std::string, int>> cases = {
      {"POST", "/v2/models/doubler/infer", "{", 400},
      {"POST", "/v2/models/nope/infer", "{}", 404},
      {"POST", "/v2/models/doubler/versions/9/infer", "{}", 404},
      {"GET", "/v2/models/doubler/versions/9/ready", "", 404},
      {"POST", "/v1/models/doubler/versions/4:predict", R"({"instances":[[1,2]]})", 404},
      {"GET", "/v2/models/doubler/infer", "", 405},
      {"GET", "/nowhere", "", 404},
      {"POST", "/v1/tasks/nope", "x", 404},
      {"POST", "/v1/tasks/emotion", "", 400},
      {"POST", "/v1/tasks/emotion?faces_max=0", "x", 400},
      {"POST", "/v2/repository/models/doubler/load", "{}", 403},
  };
  for (const auto& [method, target, body, status] : cases) {
    const auto response = Send(method, target, body);
    EXPECT_EQ(response.status, status) << target;
    EXPECT_TRUE(response.body.starts_with(R"({"error":")")) << target << response.body;
  }
}

TEST_F(HttpServerTest, RunsATaskWithOptionsAndADeadline) {
  const auto response =
      Send("POST", "/v1/tasks/emotion?faces_max=3", "jpeg", {{"Content-Type", "image/jpeg"}});
  EXPECT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(seen_.options.at("faces_max"), "3");
  EXPECT_EQ(seen_.media_type, "image/jpeg");
  EXPECT_EQ(deadline_, clock_.Now() + std::chrono::milliseconds(4999));
}

TEST_F(HttpServerTest, TellsATasksErrorInItsStatus) {
  answer_ = Fail(DeadlineExceeded("detect: too late"));
  const auto response = Send("POST", "/v1/tasks/emotion", "jpeg");
  EXPECT_EQ(response.status, 504);
  EXPECT_EQ(response.body, R"({"error":"detect: too late"})");
}

TEST_F(HttpServerTest, IsNotReadyWhileItDrains) {
  EXPECT_EQ(Send("GET", "/v2/health/ready").status, 200);
  bare_.draining = true;
  EXPECT_EQ(Send("GET", "/v2/health/ready").status, 503);
  EXPECT_EQ(Send("GET", "/v2/health/live").status, 200);
}

TEST_F(HttpServerTest, ShowsWhatRunsHere) {
  for (const char* path : {"/", "/openapi.yaml", "/metrics", "/v2", "/v2/", "/v2/models/stats",
                           "/v2/models/doubler", "/v2/models/doubler/config", "/v1/tasks",
                           "/v1/models/doubler", "/v1/models/doubler/metadata"}) {
    const auto response = Send("GET", path);
    EXPECT_EQ(response.status, 200) << path;
    EXPECT_FALSE(response.body.empty()) << path;
  }
  EXPECT_NE(Send("GET", "/metrics").body.find("perigee_http_requests_total"), std::string::npos);
}

TEST_F(HttpServerTest, UnpacksACompressedBodyOrSaysWhy) {
  const auto response =
      Send("POST", "/v2/models/doubler/infer", "not gzip", {{"Content-Encoding", "gzip"}});
  EXPECT_EQ(response.status, 400);
}

}  // namespace
}  // namespace perigee::http_server
