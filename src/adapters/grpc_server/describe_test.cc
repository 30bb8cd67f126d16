#include "adapters/grpc_server/describe.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace perigee::grpc_server {
namespace {

model::Description Classifier(int batch_max) {
  return {.name = "c",
          .version = "2",
          .platform = "onnxruntime_onnx",
          .inputs = {{"x", tensor::DType::kUint8, {-1, 112, 112, 3}, {}}},
          .outputs = {{"y", tensor::DType::kBytes, {-1, 7}, {}}},
          .batch_max = batch_max};
}

TEST(Describe, ShowsTheBatchDimension) {
  inference::ModelMetadataResponse message;
  const std::vector<std::string> versions = {"1", "2"};
  Describe(Classifier(8), versions, message);
  EXPECT_EQ(message.versions_size(), 2);
  EXPECT_EQ(message.platform(), "onnxruntime_onnx");
  EXPECT_EQ(message.inputs(0).datatype(), "UINT8");
  EXPECT_EQ(message.inputs(0).shape_size(), 4);
  EXPECT_EQ(message.inputs(0).shape(0), -1);
  EXPECT_EQ(message.outputs(0).name(), "y");
}

TEST(Configure, LeavesTheBatchDimensionOut) {
  inference::ModelConfig message;
  Configure(Classifier(8), {2, std::chrono::microseconds(500)}, message);
  EXPECT_EQ(message.max_batch_size(), 8);
  EXPECT_EQ(message.backend(), "onnxruntime");
  EXPECT_EQ(message.input(0).data_type(), inference::TYPE_UINT8);
  EXPECT_EQ(message.input(0).dims_size(), 3);
  EXPECT_EQ(message.output(0).data_type(), inference::TYPE_STRING);
  EXPECT_EQ(message.instance_group(0).count(), 2);
  EXPECT_EQ(message.dynamic_batching().max_queue_delay_microseconds(), 500U);
}

TEST(Configure, OfAModelWithoutBatchesKeepsEveryDimension) {
  inference::ModelConfig message;
  Configure(Classifier(0), {}, message);
  EXPECT_EQ(message.input(0).dims_size(), 4);
  EXPECT_FALSE(message.has_dynamic_batching());
}

TEST(Count, GivesTimesInNanosecondsAndRunsByBatchSize) {
  model::Statistics statistics;
  statistics.inference_count = 5;
  statistics.success.Add(std::chrono::microseconds(3), 2);
  statistics.batches[4].infer.Add(std::chrono::microseconds(1));
  inference::ModelStatistics message;
  Count(Classifier(8), statistics, message);
  EXPECT_EQ(message.version(), "2");
  EXPECT_EQ(message.inference_count(), 5U);
  EXPECT_EQ(message.inference_stats().success().count(), 2U);
  EXPECT_EQ(message.inference_stats().success().ns(), 3000U);
  EXPECT_EQ(message.batch_stats(0).batch_size(), 4U);
  EXPECT_EQ(message.batch_stats(0).compute_infer().count(), 1U);
}

}  // namespace
}  // namespace perigee::grpc_server
