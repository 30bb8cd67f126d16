#include "wire/oip_metadata.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "wire/testing/text.h"

namespace perigee::wire {
namespace {

using nlohmann::json;
using tensor::DType;

TEST(OipHealth, SaysLiveAndReadyAsJson) {
  EXPECT_EQ(LiveJson(true), R"({"live":true})");
  EXPECT_EQ(ReadyJson(false), R"({"ready":false})");
  EXPECT_EQ(ModelReadyJson("emotion", true), R"({"name":"emotion","ready":true})");
}

TEST(OipMetadata, NamesTheServerAndItsExtensions) {
  const json metadata = json::parse(ServerMetadataJson("0.1.0"));
  EXPECT_EQ(metadata["name"], "perigee");
  EXPECT_EQ(metadata["version"], "0.1.0");
  const auto extensions = metadata["extensions"].get<std::vector<std::string>>();
  EXPECT_EQ(extensions,
            (std::vector<std::string>{"classification", "model_repository", "model_configuration",
                                      "statistics", "binary_tensor_data"}));
}

TEST(OipMetadata, ComesBackToTheClient) {
  model::Description description = Sample(DType::kUint8, {-1, 112, 112, 3});
  const std::string text = ModelMetadataJson(description, std::vector<std::string>{"1", "4"});
  const auto read = ParseModelMetadata(Bytes(text));
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(read->name, "emotion");
  EXPECT_EQ(read->version, "4");
  EXPECT_EQ(read->inputs[0].shape, description.inputs[0].shape);
  EXPECT_EQ(read->inputs[0].dtype, DType::kUint8);
  EXPECT_EQ(read->outputs[0].name, "probabilities");
}

TEST(OipMetadata, RefusesWhatIsNoMetadata) {
  for (const char* text :
       {"", "[]", "{}", R"({"name":"m","inputs":5})", R"({"name":"m","inputs":[{}]})",
        R"({"name":"m","inputs":[{"name":"x","datatype":"FP32","shape":[-2]}]})"}) {
    EXPECT_FALSE(ParseModelMetadata(Bytes(text)).has_value()) << text;
  }
}

TEST(OipConfig, LeavesTheBatchDimensionOutOfDims) {
  const model::Description description = Sample(DType::kUint8, {-1, 112, 112, 3});
  const json config = json::parse(ModelConfigJson(description, {.instances = 2}));
  EXPECT_EQ(config["max_batch_size"], 8);
  EXPECT_EQ(config["platform"], "onnxruntime_onnx");
  EXPECT_EQ(config["backend"], "onnxruntime");
  EXPECT_EQ(config["input"][0]["data_type"], "TYPE_UINT8");
  EXPECT_EQ(config["input"][0]["dims"], json({112, 112, 3}));
  EXPECT_EQ(config["output"][0]["dims"], json::array({3}));
  EXPECT_EQ(config["instance_group"][0]["count"], 2);
  EXPECT_TRUE(config.contains("dynamic_batching") && config.contains("version_policy"));
}

TEST(OipConfig, KeepsAllDimsWhereThereIsNoBatch) {
  model::Description description = Sample(DType::kBytes, {2, -1});
  description.batch_max = 0;
  const json config = json::parse(ModelConfigJson(description, {}));
  EXPECT_EQ(config["input"][0]["dims"], json({2, -1}));
  EXPECT_EQ(config["input"][0]["data_type"], "TYPE_STRING");
  EXPECT_FALSE(config.contains("dynamic_batching"));
}

TEST(OipConfig, TellsTheClientTheLargestBatch) {
  const std::string text = ModelConfigJson(Sample(DType::kUint8, {-1, 2}), {});
  EXPECT_EQ(*ParseMaxBatchSize(Bytes(text)), 8);
  EXPECT_EQ(*ParseMaxBatchSize(Bytes("{}")), 0);
  EXPECT_FALSE(ParseMaxBatchSize(Bytes(R"({"max_batch_size":-1})")).has_value());
}

TEST(OipStatistics, HasTheShapeThatPerfAnalyzerReads) {
  model::Statistics statistics;
  statistics.inference_count = 6;
  statistics.execution_count = 2;
  statistics.last_inference_ms = 1234;
  statistics.success.Add(std::chrono::microseconds(5), 3);
  statistics.batches[3].infer.Add(std::chrono::nanoseconds(70), 2);
  const std::vector<ModelStatistics> models = {{"emotion", "1", statistics}};
  const json model = json::parse(StatisticsJson(models))["model_stats"][0];
  EXPECT_EQ(model["inference_count"], 6);
  EXPECT_EQ(model["execution_count"], 2);
  EXPECT_EQ(model["last_inference"], 1234);
  EXPECT_EQ(model["inference_stats"]["success"], json({{"count", 3}, {"ns", 5000}}));
  for (const char* part : {"fail", "queue", "compute_input", "compute_infer", "compute_output",
                           "cache_hit", "cache_miss"}) {
    EXPECT_EQ(model["inference_stats"][part], json({{"count", 0}, {"ns", 0}})) << part;
  }
  EXPECT_EQ(model["batch_stats"][0]["batch_size"], 3);
  EXPECT_EQ(model["batch_stats"][0]["compute_infer"], json({{"count", 2}, {"ns", 70}}));
}

TEST(OipIndex, ListsModelsWithTheirState) {
  using model::ModelState;
  const std::vector<model::IndexLine> entries = {{"a", {"1", ModelState::kReady, ""}},
                                                 {"b", {"2", ModelState::kUnavailable, "loading"}}};
  EXPECT_EQ(RepositoryIndexJson(entries),
            R"([{"name":"a","version":"1","state":"READY","reason":""},)"
            R"({"name":"b","version":"2","state":"UNAVAILABLE","reason":"loading"}])");
}

TEST(OipIndex, ReadsTheFilter) {
  EXPECT_EQ(*ParseIndexRequest({}), false);
  EXPECT_EQ(*ParseIndexRequest(Bytes("{}")), false);
  EXPECT_EQ(*ParseIndexRequest(Bytes(R"({"ready":true})")), true);
  for (const char* text : {"[]", R"({"ready":1})", "x"}) {
    EXPECT_FALSE(ParseIndexRequest(Bytes(text)).has_value()) << text;
  }
}

TEST(OipMetadata, AModelsOwnPlanCountsWhereItHasOne) {
  const ServingOptions node{.instances = 2};
  EXPECT_EQ(AsRun(node, {}).instances, 2);
  model::Profile profile;
  profile.plan.instances = 1;
  profile.devices = {"cpu:0"};
  EXPECT_EQ(AsRun(node, profile).instances, 1);
}

}  // namespace
}  // namespace perigee::wire
