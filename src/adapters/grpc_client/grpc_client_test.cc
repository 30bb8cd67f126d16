#include "adapters/grpc_client/grpc_client.h"

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <functional>
#include <future>
#include <stop_token>
#include <thread>

#include "inference.grpc.pb.h"

namespace perigee::grpc_client {
namespace {

using inference::ModelInferRequest;
using inference::ModelInferResponse;

// A peer that the library itself serves: each test says what it answers.
class Peer final : public inference::GRPCInferenceService::Service {
 public:
  using Handler = std::function<grpc::Status(grpc::ServerContext&, const ModelInferRequest&,
                                             ModelInferResponse&)>;

  explicit Peer(Handler handler) : handler_(std::move(handler)) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }
  std::string target() const { return "127.0.0.1:" + std::to_string(port_); }

  grpc::Status ModelInfer(grpc::ServerContext* context, const ModelInferRequest* request,
                          ModelInferResponse* response) override {
    return handler_(*context, *request, *response);
  }

 private:
  Handler handler_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

const SteadyClock kClock;

std::unique_ptr<GrpcClient> ClientOf(const std::string& target) {
  Result<std::unique_ptr<GrpcClient>> client = GrpcClient::Open(target, {}, kClock);
  EXPECT_TRUE(client.has_value());
  return *std::move(client);
}

wire::InferRequest Request(std::array<float, 2> row) {
  wire::InferRequest request;
  request.model_name = "m";
  request.id = "i7";
  request.inputs.push_back({"x", tensor::Tensor::Of<float>({1, 2}, row)});
  return request;
}

// The first input comes back as output "y".
grpc::Status Echo(grpc::ServerContext&, const ModelInferRequest& request,
                  ModelInferResponse& response) {
  response.set_model_name(request.model_name());
  response.set_model_version("4");
  response.set_id(request.id());
  auto& output = *response.add_outputs();
  output.set_name("y");
  output.set_datatype(request.inputs(0).datatype());
  *output.mutable_shape() = request.inputs(0).shape();
  response.add_raw_output_contents(request.raw_input_contents(0));
  return grpc::Status::OK;
}

TEST(GrpcClient, SendsAndReceivesRawTensors) {
  const Peer peer(Echo);
  const auto client = ClientOf(peer.target());
  for (const std::array<float, 2> row : {std::array<float, 2>{1, 2}, {3, -4}}) {
    const Result<wire::InferResponse> response = client->Infer(Request(row), {});
    ASSERT_TRUE(response.has_value()) << response.error().message;
    EXPECT_EQ(response->model_version, "4");
    EXPECT_EQ(response->id, "i7");
    ASSERT_EQ(response->outputs.size(), 1U);
    EXPECT_EQ(response->outputs[0].tensor.shape(), (tensor::Shape{1, 2}));
    EXPECT_EQ(response->outputs[0].tensor.As<float>()[1], row[1]);
  }
}

TEST(GrpcClient, SendsParametersAndClassification) {
  std::promise<ModelInferRequest> sent;
  const Peer peer([&sent](auto& context, const auto& request, auto& response) {
    sent.set_value(request);
    return Echo(context, request, response);
  });
  wire::InferRequest request = Request({});
  request.parameters = {{"flag", true}, {"name", std::string("n")}};
  request.outputs.push_back({.name = "y", .binary_data = {}, .classification = 3});
  ASSERT_TRUE(ClientOf(peer.target())->Infer(request, {}).has_value());
  const ModelInferRequest message = sent.get_future().get();
  EXPECT_TRUE(message.parameters().at("flag").bool_param());
  EXPECT_EQ(message.parameters().at("name").string_param(), "n");
  EXPECT_EQ(message.outputs(0).parameters().at("classification").int64_param(), 3);
}

TEST(GrpcClient, HandsOnTheCodeAndSentenceOfTheNode) {
  const Peer peer([](auto&, const auto&, auto&) {
    return grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED, "infer m: the queue is full");
  });
  const Result<wire::InferResponse> response = ClientOf(peer.target())->Infer(Request({}), {});
  ASSERT_FALSE(response.has_value());
  EXPECT_EQ(response.error().code, Code::kResourceExhausted);
  EXPECT_EQ(response.error().message, "infer m: the queue is full");
}

TEST(GrpcClient, SendsItsTermsAndReadsTheHint) {
  std::promise<std::string> tenant;
  const Peer peer([&tenant](auto& context, const auto& request, auto& response) {
    const auto& metadata = context.client_metadata();
    const auto found = metadata.find("perigee-tenant");
    tenant.set_value(
        found == metadata.end() ? "" : std::string(found->second.data(), found->second.size()));
    context.AddTrailingMetadata("endpoint-load-metrics", "TEXT named_metrics.perigee_wait_ms=7");
    return Echo(context, request, response);
  });
  const auto client = ClientOf(peer.target());
  ASSERT_TRUE(client->Infer(Request({}), {.tenant = "ward-7"}).has_value());
  EXPECT_EQ(tenant.get_future().get(), "ward-7");
  EXPECT_EQ(client->load().next.wait, std::chrono::milliseconds(7));
}

TEST(GrpcClient, RefusesAnAnswerWhoseBytesDoNotFit) {
  const Peer peer([](auto& context, const auto& request, auto& response) {
    const grpc::Status status = Echo(context, request, response);
    response.mutable_raw_output_contents(0)->resize(3);
    return status;
  });
  const Result<wire::InferResponse> response = ClientOf(peer.target())->Infer(Request({}), {});
  ASSERT_FALSE(response.has_value());
  EXPECT_EQ(response.error().code, Code::kInternal);
  EXPECT_EQ(response.error().message,
            "read the answer of m: output y: FP32 tensor of shape [1,2]: 3 bytes where 8 are "
            "needed");
}

// Holds a call until the client is gone.
grpc::Status UntilCancelled(grpc::ServerContext& context) {
  while (!context.IsCancelled()) std::this_thread::yield();
  return grpc::Status::CANCELLED;
}

TEST(GrpcClient, CancelsTheCallWhenTheStopIsRequested) {
  std::promise<void> arrived;
  const Peer peer([&arrived](auto& context, const auto&, auto&) {
    arrived.set_value();
    return UntilCancelled(context);
  });
  std::stop_source stop;
  const std::jthread stopper([&] {
    arrived.get_future().wait();
    stop.request_stop();
  });
  const Result<wire::InferResponse> response =
      ClientOf(peer.target())
          ->Infer(Request({}), {.deadline = kNever, .stop = stop.get_token(), .purpose = {}});
  ASSERT_FALSE(response.has_value());
  EXPECT_EQ(response.error().code, Code::kCancelled);
}

TEST(GrpcClient, DoesNotStartAStoppedCall) {
  std::atomic<int> calls = 0;
  const Peer peer([&calls](auto& context, const auto& request, auto& response) {
    ++calls;
    return Echo(context, request, response);
  });
  std::stop_source stop;
  stop.request_stop();
  const Result<wire::InferResponse> response =
      ClientOf(peer.target())
          ->Infer(Request({}), {.deadline = kNever, .stop = stop.get_token(), .purpose = {}});
  ASSERT_FALSE(response.has_value());
  EXPECT_EQ(response.error().code, Code::kCancelled);
  EXPECT_EQ(calls, 0);
}

TEST(GrpcClient, GivesUpAtTheDeadline) {
  const Peer peer([](auto& context, const auto&, auto&) { return UntilCancelled(context); });
  const TimePoint deadline = kClock.Now() + std::chrono::milliseconds(50);
  const Result<wire::InferResponse> response =
      ClientOf(peer.target())
          ->Infer(Request({}), {.deadline = deadline, .stop = {}, .purpose = {}});
  ASSERT_FALSE(response.has_value());
  EXPECT_EQ(response.error().code, Code::kDeadlineExceeded);
  EXPECT_GE(kClock.Now(), deadline);
}

TEST(GrpcClient, IsUnavailableWhereNobodyListens) {
  // Port 1 is the reserved tcpmux: nothing listens there.
  const Result<wire::InferResponse> response = ClientOf("127.0.0.1:1")->Infer(Request({}), {});
  ASSERT_FALSE(response.has_value());
  EXPECT_EQ(response.error().code, Code::kUnavailable);
}

TEST(GrpcClient, RefusesACaFileThatIsNotThere) {
  const auto client = GrpcClient::Open("h:1", {.ca_file = "no/such.pem"}, kClock);
  ASSERT_FALSE(client.has_value());
  EXPECT_EQ(client.error().message,
            "open gRPC client of h:1: read no/such.pem: it cannot be opened");
}

}  // namespace
}  // namespace perigee::grpc_client
