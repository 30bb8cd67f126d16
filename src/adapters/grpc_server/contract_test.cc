// The contract of deadlines, tenants, hints and traces over gRPC, with the library's own client.
#include <gtest/gtest.h>

#include <chrono>

#include "adapters/grpc_server/testing/served_node.h"
#include "task/context.h"
#include "wire/load_report.h"

namespace perigee::grpc_server {
namespace {

using namespace std::chrono_literals;
using grpc::StatusCode;

std::string Trailer(const grpc::ClientContext& call, const std::string& name) {
  const auto& trailers = call.GetServerTrailingMetadata();
  const auto found = trailers.find(name);
  if (found == trailers.end()) return "";
  return {found->second.data(), found->second.size()};
}

class GrpcContractTest : public ServedNode {
 protected:
  grpc::Status InferWith(const std::string& name, const std::string& value) {
    grpc::ClientContext call;
    call.AddMetadata(name, value);
    return stub_->ModelInfer(&call, Request("double", {1, 2}), &response_);
  }
  // What the model is told of a call with that metadata and these parameters.
  task::Context Seen(const std::map<std::string, std::string>& metadata,
                     const inference::ModelInferRequest& request) {
    grpc::ClientContext call;
    for (const auto& [name, value] : metadata) call.AddMetadata(name, value);
    std::future<grpc::Status> status = std::async(
        std::launch::async, [&] { return stub_->ModelInfer(&call, request, &response_); });
    EXPECT_TRUE(parked_->AwaitRequest());
    task::Context context = parked_->context();
    parked_->Answer(Fail(ResourceExhausted("infer parked: the queue is full")));
    EXPECT_EQ(status.get().error_code(), StatusCode::RESOURCE_EXHAUSTED);
    return context;
  }
};

TEST_F(GrpcContractTest, ReadsTheTermsOfMetadataAndParameters) {
  inference::ModelInferRequest request = Request("parked", {1, 2});
  (*request.mutable_parameters())["timeout"].set_int64_param(60'000'000);
  (*request.mutable_parameters())["priority"].set_int64_param(1);
  const TimePoint before = clock_.Now();
  const task::Context context = Seen(
      {{"perigee-budget-ms", "90000"}, {"perigee-tenant", "ward-7"}, {"perigee-purpose", "live"}},
      request);
  EXPECT_GE(context.deadline, before + 60s);
  EXPECT_LE(context.deadline, clock_.Now() + 60s);
  EXPECT_EQ(context.tenant, "ward-7");
  EXPECT_EQ(context.purpose, "live");
  EXPECT_EQ(context.priority, task::Priority::kHigh);
}

TEST_F(GrpcContractTest, RefusesMalformedTerms) {
  EXPECT_EQ(InferWith("perigee-budget-ms", "soon").error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(InferWith("perigee-tenant", "a b").error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(InferWith("perigee-priority", "urgent").error_message(),
            "read perigee-priority: \"urgent\" is not high, normal or low");
  EXPECT_TRUE(InferWith("traceparent", "00-zz").ok());
}

// The binary form beside it is for load balancers: this library keeps it from its callers.
TEST_F(GrpcContractTest, TrailersCarryTheHint) {
  grpc::ClientContext call;
  ASSERT_TRUE(stub_->ModelInfer(&call, Request("double", {1, 2}), &response_).ok());
  const std::string text = Trailer(call, "endpoint-load-metrics");
  const Result<wire::LoadReport> load = wire::ParseLoadReport(text);
  ASSERT_TRUE(load.has_value()) << text;
  EXPECT_TRUE(load->queued.has_value());
  EXPECT_TRUE(load->compute.has_value());
}

}  // namespace
}  // namespace perigee::grpc_server
