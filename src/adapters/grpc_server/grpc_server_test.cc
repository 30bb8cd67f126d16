#include "adapters/grpc_server/grpc_server.h"

#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <future>
#include <thread>

#include "adapters/grpc_server/testing/served_node.h"

namespace perigee::grpc_server {
namespace {

using grpc::StatusCode;
using inference::ModelInferRequest;

class GrpcServerTest : public ServedNode {
 protected:
  // Does the server stop taking calls within kPatience?
  bool RefusesSoon() {
    const TimePoint end = clock_.Now() + kPatience;
    while (clock_.Now() < end) {
      grpc::ClientContext context;
      inference::ModelInferResponse response;
      if (!stub_->ModelInfer(&context, Request("double", {}), &response).ok()) return true;
    }
    return false;
  }
};

TEST_F(GrpcServerTest, AnswersRawInputsWithRawOutputs) {
  const grpc::Status status = Infer(Request("double", {1.5F, -2}));
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response_.model_name(), "double");
  EXPECT_EQ(response_.model_version(), "1");
  EXPECT_EQ(response_.id(), "i7");
  EXPECT_EQ(response_.outputs(0).datatype(), "FP32");
  EXPECT_EQ(FirstRow(response_), (std::array<float, 2>{3, -4}));
}

TEST_F(GrpcServerTest, KeepsNothingOfAnEarlierRequest) {
  ModelInferRequest request = Request("double", {1, 2});
  (*request.mutable_parameters())["p"].set_string_param("once");
  request.add_outputs()->set_name("y");
  ASSERT_TRUE(Infer(request).ok());
  request = Request("double", {3, 4});
  request.clear_id();
  ASSERT_TRUE(Infer(request).ok());
  EXPECT_EQ(response_.id(), "");
  EXPECT_EQ(FirstRow(response_), (std::array<float, 2>{6, 8}));
}

TEST_F(GrpcServerTest, AnswersTypedInputs) {
  ModelInferRequest request = Request("double", {});
  request.clear_raw_input_contents();
  request.mutable_inputs(0)->mutable_contents()->add_fp32_contents(4);
  request.mutable_inputs(0)->mutable_contents()->add_fp32_contents(5);
  ASSERT_TRUE(Infer(request).ok());
  EXPECT_EQ(FirstRow(response_), (std::array<float, 2>{8, 10}));
}

TEST_F(GrpcServerTest, ClassifiesAnOutput) {
  ModelInferRequest request = Request("double", {1, 2});
  auto& output = *request.add_outputs();
  output.set_name("y");
  (*output.mutable_parameters())["classification"].set_int64_param(1);
  ASSERT_TRUE(Infer(request).ok());
  EXPECT_EQ(response_.outputs(0).datatype(), "BYTES");
  EXPECT_EQ(response_.raw_output_contents(0).substr(4), "4.000000:1:high");
}

TEST_F(GrpcServerTest, RefusesWhatTheModelDoesNotTake) {
  ModelInferRequest wrong_shape = Request("double", {});
  wrong_shape.mutable_inputs(0)->clear_shape();
  wrong_shape.mutable_inputs(0)->add_shape(2);
  ModelInferRequest wrong_dtype = Request("double", {});
  wrong_dtype.mutable_inputs(0)->set_datatype("INT32");
  ModelInferRequest wrong_name = Request("double", {});
  wrong_name.mutable_inputs(0)->set_name("z");
  ModelInferRequest wrong_output = Request("double", {});
  wrong_output.add_outputs()->set_name("z");
  for (const auto& request : {wrong_shape, wrong_dtype, wrong_name, wrong_output}) {
    EXPECT_EQ(Infer(request).error_code(), StatusCode::INVALID_ARGUMENT);
  }
}

TEST_F(GrpcServerTest, DoesNotFindAnUnknownModelOrVersion) {
  EXPECT_EQ(Infer(Request("nope", {})).error_code(), StatusCode::NOT_FOUND);
  ModelInferRequest request = Request("double", {});
  request.set_model_version("9");
  EXPECT_EQ(Infer(request).error_code(), StatusCode::NOT_FOUND);
}

TEST_F(GrpcServerTest, CutsASentenceThatEchoesALongName) {
  const grpc::Status status = Infer(Request(std::string(100'000, 'n'), {}));
  EXPECT_EQ(status.error_code(), StatusCode::NOT_FOUND);
  EXPECT_EQ(status.error_message().size(), 1024U);
}

TEST_F(GrpcServerTest, RefusesAMessageOverTheLimit) {
  Serve({.message_max = 1000});
  ModelInferRequest request = Request("double", {});
  request.set_id(std::string(1000, 'i'));
  EXPECT_EQ(Infer(request).error_code(), StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_TRUE(Infer(Request("double", {})).ok());
}

TEST_F(GrpcServerTest, RefusesCompressedMessages) {
  grpc::ClientContext context;
  context.set_compression_algorithm(GRPC_COMPRESS_GZIP);
  ModelInferRequest request = Request("double", {});
  request.set_id(std::string(1'000'000, 'i'));
  const grpc::Status status = stub_->ModelInfer(&context, request, &response_);
  EXPECT_EQ(status.error_code(), StatusCode::UNIMPLEMENTED);
}

TEST_F(GrpcServerTest, RefusesAMessageThatWouldGrowInMemory) {
  ModelInferRequest request = Request("double", {});
  for (int i = 0; i < 10'000; ++i) request.add_inputs();
  const grpc::Status status = Infer(request);
  EXPECT_EQ(status.error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(status.error_message(), "read ModelInferRequest: more than 1024 entries");
}

TEST_F(GrpcServerTest, RefusesHeadersOverTheLimit) {
  for (const auto& [bytes, code] :
       {std::pair{12'000, StatusCode::OK}, std::pair{20'000, StatusCode::RESOURCE_EXHAUSTED}}) {
    grpc::ClientContext context;
    context.AddMetadata("big", std::string(static_cast<std::size_t>(bytes), 'b'));
    const grpc::Status status = stub_->ModelInfer(&context, Request("double", {}), &response_);
    EXPECT_EQ(status.error_code(), code) << bytes;
  }
}

TEST_F(GrpcServerTest, StopsTheModelWhenTheClientCancels) {
  grpc::ClientContext context;
  std::future<grpc::Status> status = Park(context);
  context.TryCancel();
  EXPECT_TRUE(parked_->AwaitStop());
  EXPECT_EQ(status.get().error_code(), StatusCode::CANCELLED);
}

TEST_F(GrpcServerTest, HandsTheDeadlineToTheModelAndStopsItThere) {
  grpc::ClientContext context;
  const TimePoint before = clock_.Now();
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(300));
  std::future<grpc::Status> status = Park(context);
  EXPECT_LE(parked_->context().deadline, clock_.Now() + std::chrono::milliseconds(300));
  EXPECT_GT(parked_->context().deadline, before);
  EXPECT_TRUE(parked_->AwaitStop());
  EXPECT_EQ(status.get().error_code(), StatusCode::DEADLINE_EXCEEDED);
}

TEST_F(GrpcServerTest, GivesACallWithoutDeadlineAllTheTimeThereIs) {
  grpc::ClientContext context;
  std::future<grpc::Status> status = Park(context);
  EXPECT_EQ(parked_->context().deadline, kNever);
  parked_->Answer(Fail(ResourceExhausted("infer parked: the queue is full")));
  EXPECT_EQ(status.get().error_code(), StatusCode::RESOURCE_EXHAUSTED);
}

TEST_F(GrpcServerTest, DrainLetsACallFinish) {
  grpc::ClientContext context;
  std::future<grpc::Status> status = Park(context);
  std::jthread drain([this] { server_->Drain(clock_.Now() + kPatience); });
  EXPECT_TRUE(RefusesSoon());
  model::Output output;
  output.tensors.push_back({"y", tensor::Tensor::Zeros(tensor::DType::kFp32, {1, 2})});
  parked_->Answer(std::move(output));
  EXPECT_TRUE(status.get().ok());
}

TEST_F(GrpcServerTest, DrainCancelsWhatIsLeftAtItsDeadline) {
  grpc::ClientContext context;
  std::future<grpc::Status> status = Park(context);
  server_->Drain(clock_.Now());
  EXPECT_TRUE(parked_->AwaitStop());
  EXPECT_FALSE(status.get().ok());
}

TEST_F(GrpcServerTest, RefusesAPortThatIsTaken) {
  const Result<std::unique_ptr<GrpcServer>> second = GrpcServer::Start(
      {.port = server_->port()}, {"perigee", "0.1.0", models_, clock_, draining_, {}});
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, Code::kUnavailable);
}

TEST_F(GrpcServerTest, RefusesACertificateThatItCannotRead) {
  const Node node{"perigee", "0.1.0", models_, clock_, draining_, {}};
  const auto half = GrpcServer::Start({.certificate_file = "a.pem"}, node);
  ASSERT_FALSE(half.has_value());
  EXPECT_EQ(half.error().code, Code::kInvalidArgument);
  const auto missing =
      GrpcServer::Start({.certificate_file = "no/a.pem", .key_file = "no/b.pem"}, node);
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().message,
            "listen for gRPC on 127.0.0.1:0: read no/a.pem: it cannot be opened");
}

TEST_F(GrpcServerTest, RefusesACertificateThatIsNone) {
  const std::filesystem::path file =
      std::filesystem::path(testing::TempDir()) / "grpc_server_test_not.pem";
  std::ofstream(file) << "-----BEGIN CERTIFICATE-----\nnone\n-----END CERTIFICATE-----\n";
  const auto server = GrpcServer::Start({.certificate_file = file, .key_file = file},
                                        {"perigee", "0.1.0", models_, clock_, draining_, {}});
  ASSERT_FALSE(server.has_value());
  EXPECT_EQ(server.error().code, Code::kUnavailable);
}

}  // namespace
}  // namespace perigee::grpc_server
