#include "model/model_config.h"

#include <gtest/gtest.h>

namespace perigee::model {
namespace {

constexpr std::string_view kSimple = R"(
# A comment: { is not read.
name: "simple"
platform: "onnxruntime_onnx"
max_batch_size: 8
input [
  { name: "INPUT0" data_type: TYPE_INT32 dims: [ 16 ] },
  { name: 'INPUT1', data_type: TYPE_STRING; dims: 4 dims: 2 }
]
output { name: "OUTPUT0" data_type: TYPE_INT32 dims: [ -1 ] }
)";

ModelConfig Read(std::string_view text) {
  const Result<ModelConfig> config = ParseModelConfig(text, "c");
  EXPECT_TRUE(config.has_value()) << config.error().message;
  return config.has_value() ? *config : ModelConfig();
}

std::string Refusal(std::string_view text, Code code = Code::kInvalidArgument) {
  const Result<ModelConfig> config = ParseModelConfig(text, "c");
  if (config.has_value()) return "accepted";
  EXPECT_EQ(config.error().code, code) << config.error().message;
  return config.error().message;
}

TEST(ModelConfig, ReadsTensorsWithTheBatchBeforeTheirDims) {
  const ModelConfig config = Read(kSimple);
  EXPECT_EQ(config.name, "simple");
  ASSERT_EQ(config.inputs.size(), 2U);
  EXPECT_EQ(config.inputs[0].dtype, tensor::DType::kInt32);
  EXPECT_EQ(config.inputs[0].shape, (tensor::Shape{-1, 16}));
  EXPECT_EQ(config.inputs[1].dtype, tensor::DType::kBytes);
  EXPECT_EQ(config.inputs[1].shape, (tensor::Shape{-1, 4, 2}));
  EXPECT_EQ(config.outputs[0].shape, (tensor::Shape{-1, -1}));
  EXPECT_EQ(config.serving.batch_max, 8);
}

TEST(ModelConfig, HasTritonsDefaults) {
  const ModelConfig config = Read("input { name: \"x\" data_type: TYPE_FP32 dims: [ 3 ] }");
  EXPECT_EQ(config.serving.batch_max, 0);
  EXPECT_EQ(config.inputs[0].shape, (tensor::Shape{3}));
  EXPECT_EQ(config.serving.versions->kind, VersionPolicy::Kind::kLatest);
  EXPECT_EQ(config.serving.versions->latest, 1);
  EXPECT_EQ(config.file, "model.onnx");
  EXPECT_FALSE(Read("").serving.batch_max.has_value());
}

TEST(ModelConfig, ReadsInstancesBatchingAndQueue) {
  const ModelConfig config = Read(R"(
instance_group [ { count: 2 kind: KIND_CPU }, { kind: KIND_AUTO } ]
dynamic_batching {
  preferred_batch_size: [ 4, 8 ]
  max_queue_delay_microseconds: 100
  default_queue_policy { max_queue_size: 32 timeout_action: DELAY }
  preserve_ordering: true
})");
  EXPECT_EQ(config.serving.instances, 3);
  EXPECT_EQ(config.serving.gather_max, 8);
  EXPECT_EQ(config.serving.wait_max, std::chrono::microseconds(100));
  EXPECT_EQ(config.serving.queue_max, 32);
  EXPECT_EQ(config.notes, (std::vector<std::string>{"default_queue_policy.timeout_action",
                                                    "dynamic_batching.preserve_ordering"}));
}

TEST(ModelConfig, ReadsVersionPolicies) {
  EXPECT_EQ(Read("version_policy: { all { }}").serving.versions->kind, VersionPolicy::Kind::kAll);
  EXPECT_EQ(Read("version_policy { latest { num_versions: 3 } }").serving.versions->latest, 3);
  EXPECT_EQ(Read("version_policy < specific < versions: [1,3] > >").serving.versions->versions,
            (std::vector<int>{1, 3}));
  EXPECT_NE(Refusal("version_policy { newest {} }").find("none of latest"), std::string::npos);
  EXPECT_NE(Refusal("version_policy { }").find("needs one of"), std::string::npos);
}

TEST(ModelConfig, NamesWhatItPassesOver) {
  EXPECT_EQ(Read("parameters { key: \"a\" value: { string_value: \"b\" } } optimization {}").notes,
            (std::vector<std::string>{"parameters", "optimization"}));
}

TEST(ModelConfig, RefusesInOneSentenceWhatItCannotDo) {
  EXPECT_EQ(Refusal("max_batch_size: 8\nsequence_batching { oldest { } }", Code::kUnimplemented),
            "read model configuration c: line 2: sequence_batching: the model keeps state from "
            "request to request of a sequence, and this server keeps none");
  EXPECT_NE(Refusal("ensemble_scheduling { step [ ] }", Code::kUnimplemented).find("ensembles"),
            std::string::npos);
  EXPECT_NE(Refusal("backend: \"python\"", Code::kUnimplemented).find("python is not a runtime"),
            std::string::npos);
  EXPECT_NE(Refusal("instance_group { kind: KIND_GPU }", Code::kUnimplemented).find("KIND_GPU"),
            std::string::npos);
  EXPECT_NE(Refusal("input { name: \"x\" data_type: TYPE_FP32 dims: 1 reshape { shape: [] } }",
                    Code::kUnimplemented)
                .find("reshape"),
            std::string::npos);
}

TEST(ModelConfig, NamesTheLineOfWhatIsWrong) {
  const std::string lead = "read model configuration c: line ";
  EXPECT_EQ(Refusal("name: simple"), lead + "1: name: must be a text in quotes");
  EXPECT_EQ(Refusal("\nmax_batch_size: many"),
            lead + "2: max_batch_size: must be a whole number in 0..1000000");
  EXPECT_EQ(Refusal("input { name: \"x\" }"), lead + "1: input: needs a name and a data_type");
  EXPECT_EQ(Refusal("input { name: \"x\" data_type: TYPE_INT4 }"),
            lead + "1: data_type: TYPE_INT4 is no type of a tensor");
  EXPECT_EQ(Refusal("default_model_filename: \"../x\""),
            lead + "1: default_model_filename: must be the name of a file in the version's folder");
}

TEST(ModelConfig, RefusesWhatIsNoTextFormat) {
  EXPECT_NE(Refusal("name \"x\"").find("has no value"), std::string::npos);
  EXPECT_NE(Refusal("name: \"x").find("before its quote"), std::string::npos);
  EXPECT_NE(Refusal("input { ").find("a field's name is expected"), std::string::npos);
  EXPECT_NE(Refusal("dims: [1 2]").find("a list goes on"), std::string::npos);
  EXPECT_NE(Refusal("}").find("a field's name is expected"), std::string::npos);
  EXPECT_NE(Refusal(std::string("a\0b", 3)).find("no text"), std::string::npos);
  std::string deep;
  for (int i = 0; i < 20; ++i) deep += "a {";
  EXPECT_NE(Refusal(deep).find("nested deeper"), std::string::npos);
}

TEST(ModelConfig, JoinsAdjacentTextsAndReadsEscapes) {
  EXPECT_EQ(Read(R"(name: "a\"b" 'c\101')").name, "a\"bcA");
  EXPECT_NE(Refusal(R"(name: "\u0041")").find("is no escape"), std::string::npos);
}

}  // namespace
}  // namespace perigee::model
