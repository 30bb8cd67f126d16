// The bytes of a request are not copied between the socket's buffer and whoever reads them: a task
// sees the body itself, and a model the tensor where it lies in it.
#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "adapters/http_server/http_server.h"
#include "adapters/http_server/testing/bare_node.h"
#include "base/testing/fake_clock.h"
#include "model/testing/fake_model.h"
#include "task/testing/fake_task.h"

namespace perigee::http_server {
namespace {

model::Description Reader() {
  model::Description description;
  description.name = "reader";
  description.version = "1";
  description.inputs = {{"x", tensor::DType::kUint8, {-1, 16}, {}}};
  description.outputs = {{"x", tensor::DType::kUint8, {-1, 16}, {}}};
  description.batch_max = 4;
  return description;
}

task::Description LookTask() {
  task::Description description;
  description.name = "look";
  return description;
}

class OneBodyTest : public testing::Test {
 protected:
  OneBodyTest() {
    bare_.tasks.Put({std::make_shared<task::FakeTask>(
                         LookTask(),
                         [this](const task::Payload& payload, const task::Context&) {
                           seen_ = payload.bytes;
                           return Result<task::Answer>(task::Answer{});
                         }),
                     [](TimePoint, task::Seat::Work work) { work({}); }});
    auto model = std::make_unique<model::FakeModel>(
        Reader(), [this](const model::Tensors& inputs, const task::Context&) {
          seen_ = inputs.front().tensor.bytes();
          return Result<model::Tensors>(inputs);
        });
    EXPECT_TRUE(bare_.models.Add(std::move(model)).has_value());
    server_ = std::make_unique<HttpServer>(bare_.On(clock_));
  }

  // Where in the body lies what was seen? -1: elsewhere, so it is a copy.
  std::ptrdiff_t SeenAt(const std::string& path, std::string_view body, net::Headers headers) {
    auto request = std::make_unique<net::HttpRequest>();
    request->method = "POST";
    request->path = path;
    request->headers = std::move(headers);
    const auto bytes = std::as_bytes(std::span(body));
    request->body.assign(bytes.begin(), bytes.end());
    request->received_at = clock_.Now();
    const std::byte* const begin = request->body.data();
    std::promise<net::HttpResponse> answered;
    server_->Handle(std::move(request),
                    [&](net::HttpResponse response) { answered.set_value(std::move(response)); });
    EXPECT_EQ(answered.get_future().get().status, 200);
    const bool inside = !std::less<>()(seen_.data(), begin) &&
                        !std::less<>()(begin + body.size(), seen_.data() + seen_.size());
    return inside ? seen_.data() - begin : -1;
  }

  FakeClock clock_;
  BareNode bare_;
  std::span<const std::byte> seen_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(OneBodyTest, ATaskReadsThePictureWhereItLies) {
  EXPECT_EQ(SeenAt("/v1/tasks/look", "picture", {{"Content-Type", "image/jpeg"}}), 0);
  EXPECT_EQ(seen_.size(), 7U);
}

TEST_F(OneBodyTest, ATaskReadsAFormsPictureWhereItLies) {
  const std::string head =
      "--b\r\nContent-Disposition: form-data; name=\"image\"; filename=\"a.jpg\"\r\n\r\n";
  EXPECT_EQ(SeenAt("/v1/tasks/look", head + "picture\r\n--b--\r\n",
                   {{"Content-Type", "multipart/form-data; boundary=b"}}),
            std::ssize(head));
}

TEST_F(OneBodyTest, AModelReadsABinaryTensorWhereItLies) {
  const std::string head =
      R"({"inputs":[{"name":"x","shape":[1,16],"datatype":"UINT8","parameters":)"
      R"({"binary_data_size":16}}]})";
  EXPECT_EQ(SeenAt("/v2/models/reader/infer", head + std::string(16, 'x'),
                   {{"Inference-Header-Content-Length", std::to_string(head.size())}}),
            std::ssize(head));
}

}  // namespace
}  // namespace perigee::http_server
