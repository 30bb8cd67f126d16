// What the tests of this room share: a node of two models behind a real server on a free port, and
// a stub of the library's own that calls it.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstring>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "adapters/grpc_server/grpc_server.h"
#include "adapters/grpc_server/testing/parked_model.h"
#include "base/clock.h"
#include "inference.grpc.pb.h"
#include "model/testing/fake_model.h"

namespace perigee::grpc_server {

inline constexpr Duration kPatience = std::chrono::seconds(10);

inline model::Description Doubler(std::string name) {
  return {.name = std::move(name),
          .version = "1",
          .platform = "onnxruntime_onnx",
          .inputs = {{"x", tensor::DType::kFp32, {-1, 2}, {}}},
          .outputs = {{"y", tensor::DType::kFp32, {-1, 2}, {"low", "high"}}},
          .batch_max = 4};
}

inline Result<model::Tensors> Doubled(const model::Tensors& inputs, const task::Context&) {
  const tensor::Tensor& x = inputs.at(0).tensor;
  std::vector<float> values(static_cast<std::size_t>(x.element_count()));
  std::memcpy(values.data(), x.bytes().data(), x.bytes().size());
  for (float& value : values) value *= 2;
  model::Tensors outputs;
  outputs.push_back({"y", tensor::Tensor::Of<float>(x.shape(), values)});
  return outputs;
}

inline inference::ModelInferRequest Request(const std::string& model, std::array<float, 2> row) {
  inference::ModelInferRequest request;
  request.set_model_name(model);
  request.set_id("i7");
  auto& input = *request.add_inputs();
  input.set_name("x");
  input.set_datatype("FP32");
  input.add_shape(1);
  input.add_shape(2);
  request.add_raw_input_contents(row.data(), sizeof row);
  return request;
}

inline std::array<float, 2> FirstRow(const inference::ModelInferResponse& response) {
  std::array<float, 2> row{};
  if (response.raw_output_contents_size() != 1) return row;
  std::memcpy(row.data(), response.raw_output_contents(0).data(), sizeof row);
  return row;
}

// A node with models "double" and "parked" behind a server on a free port.
class ServedNode : public testing::Test {
 protected:
  ServedNode() {
    auto parked = std::make_unique<ParkedModel>(Doubler("parked"));
    parked_ = parked.get();
    EXPECT_TRUE(models_.Add(std::move(parked)).has_value());
    EXPECT_TRUE(
        models_.Add(std::make_unique<model::FakeModel>(Doubler("double"), Doubled)).has_value());
    Serve({});
  }
  // A call that a failed test left behind would keep the server from ending.
  ~ServedNode() override { parked_->Answer(Fail(Cancelled("infer: the test is over"))); }

  void Serve(const GrpcServerOptions& options) {
    Result<std::unique_ptr<GrpcServer>> server =
        GrpcServer::Start(options, {"perigee", "0.1.0", models_, clock_, draining_, {}});
    ASSERT_TRUE(server.has_value()) << server.error().message;
    server_ = *std::move(server);
    grpc::ChannelArguments arguments;
    arguments.SetInt("grpc.use_local_subchannel_pool", 1);
    arguments.SetInt("grpc.enable_http_proxy", 0);
    channel_ = grpc::CreateCustomChannel("127.0.0.1:" + std::to_string(server_->port()),
                                         grpc::InsecureChannelCredentials(), arguments);
    stub_ = inference::GRPCInferenceService::NewStub(channel_);
  }

  grpc::Status Infer(const inference::ModelInferRequest& request) {
    grpc::ClientContext context;
    return stub_->ModelInfer(&context, request, &response_);
  }

  // A call to "parked" that is in the model's hands when this returns.
  std::future<grpc::Status> Park(grpc::ClientContext& context) {
    std::future<grpc::Status> status = std::async(std::launch::async, [this, &context] {
      return stub_->ModelInfer(&context, Request("parked", {1, 2}), &response_);
    });
    EXPECT_TRUE(parked_->AwaitRequest());
    return status;
  }

  SteadyClock clock_;
  std::atomic<bool> draining_ = false;
  model::ModelSet models_;
  ParkedModel* parked_ = nullptr;
  std::unique_ptr<GrpcServer> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<inference::GRPCInferenceService::Stub> stub_;
  inference::ModelInferResponse response_;
};

}  // namespace perigee::grpc_server
