#include "adapters/grpc_server/service.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "adapters/grpc_server/testing/served_node.h"

namespace perigee::grpc_server {
namespace {

using grpc::StatusCode;
using ServiceTest = ServedNode;

TEST_F(ServiceTest, IsReadyAndHealthyUntilItDrains) {
  const auto health = grpc::health::v1::Health::NewStub(channel_);
  for (const bool draining : {false, true}) {
    draining_ = draining;
    grpc::ClientContext first;
    inference::ServerReadyResponse ready;
    ASSERT_TRUE(stub_->ServerReady(&first, {}, &ready).ok());
    EXPECT_EQ(ready.ready(), !draining);
    grpc::ClientContext second;
    grpc::health::v1::HealthCheckResponse checked;
    ASSERT_TRUE(health->Check(&second, {}, &checked).ok());
    EXPECT_EQ(checked.status(), draining ? grpc::health::v1::HealthCheckResponse::NOT_SERVING
                                         : grpc::health::v1::HealthCheckResponse::SERVING);
  }
}

TEST_F(ServiceTest, KnowsItsModels) {
  for (const auto& [name, ready] : {std::pair{"double", true}, std::pair{"nope", false}}) {
    grpc::ClientContext context;
    inference::ModelReadyRequest request;
    request.set_name(name);
    inference::ModelReadyResponse response;
    ASSERT_TRUE(stub_->ModelReady(&context, request, &response).ok());
    EXPECT_EQ(response.ready(), ready);
  }
  grpc::ClientContext context;
  inference::RepositoryIndexResponse index;
  ASSERT_TRUE(stub_->RepositoryIndex(&context, {}, &index).ok());
  ASSERT_EQ(index.models_size(), 2);
  EXPECT_EQ(index.models(0).name(), "double");
  EXPECT_EQ(index.models(0).state(), "READY");
}

TEST_F(ServiceTest, ChangesNoModelsWhereNobodyMay) {
  grpc::ClientContext context;
  inference::RepositoryModelLoadRequest request;
  request.set_model_name("double");
  inference::RepositoryModelLoadResponse response;
  const grpc::Status status = stub_->RepositoryModelLoad(&context, request, &response);
  EXPECT_EQ(status.error_code(), StatusCode::PERMISSION_DENIED);
  EXPECT_TRUE(status.error_message().starts_with("load model double: nobody may change models"));
}

TEST_F(ServiceTest, DescribesTheServer) {
  grpc::ClientContext context;
  inference::ServerMetadataResponse response;
  ASSERT_TRUE(stub_->ServerMetadata(&context, {}, &response).ok());
  EXPECT_EQ(response.name(), "perigee");
  EXPECT_EQ(response.version(), "0.1.0");
  EXPECT_GT(response.extensions_size(), 0);
}

TEST_F(ServiceTest, DescribesAModel) {
  inference::ModelMetadataRequest request;
  inference::ModelMetadataResponse response;
  request.set_name("double");
  grpc::ClientContext first;
  ASSERT_TRUE(stub_->ModelMetadata(&first, request, &response).ok());
  EXPECT_EQ(response.versions(0), "1");
  EXPECT_EQ(response.inputs(0).name(), "x");
  request.set_version("9");
  grpc::ClientContext second;
  EXPECT_EQ(stub_->ModelMetadata(&second, request, &response).error_code(), StatusCode::NOT_FOUND);
}

TEST_F(ServiceTest, ShowsAConfiguration) {
  inference::ModelConfigRequest request;
  inference::ModelConfigResponse response;
  request.set_name("double");
  grpc::ClientContext first;
  ASSERT_TRUE(stub_->ModelConfig(&first, request, &response).ok());
  EXPECT_EQ(response.config().max_batch_size(), 4);
  request.set_name("nope");
  grpc::ClientContext second;
  EXPECT_EQ(stub_->ModelConfig(&second, request, &response).error_code(), StatusCode::NOT_FOUND);
}

TEST_F(ServiceTest, CountsOneModelOrAll) {
  ASSERT_TRUE(Infer(Request("double", {})).ok());
  inference::ModelStatisticsRequest request;
  inference::ModelStatisticsResponse response;
  grpc::ClientContext first;
  ASSERT_TRUE(stub_->ModelStatistics(&first, request, &response).ok());
  EXPECT_EQ(response.model_stats_size(), 2);
  request.set_name("double");
  grpc::ClientContext second;
  ASSERT_TRUE(stub_->ModelStatistics(&second, request, &response).ok());
  ASSERT_EQ(response.model_stats_size(), 1);
  EXPECT_EQ(response.model_stats(0).execution_count(), 1U);
  request.set_name("nope");
  grpc::ClientContext third;
  EXPECT_EQ(stub_->ModelStatistics(&third, request, &response).error_code(), StatusCode::NOT_FOUND);
}

TEST_F(ServiceTest, KnowsTheHealthOfItsOwnServicesOnly) {
  const auto health = grpc::health::v1::Health::NewStub(channel_);
  grpc::health::v1::HealthCheckRequest request;
  grpc::health::v1::HealthCheckResponse response;
  request.set_service("inference.GRPCInferenceService");
  grpc::ClientContext first;
  EXPECT_TRUE(health->Check(&first, request, &response).ok());
  request.set_service("nope");
  grpc::ClientContext second;
  EXPECT_EQ(health->Check(&second, request, &response).error_code(), StatusCode::NOT_FOUND);
}

}  // namespace
}  // namespace perigee::grpc_server
