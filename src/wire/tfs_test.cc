#include "wire/tfs.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "wire/testing/text.h"

namespace perigee::wire {
namespace {

using nlohmann::json;
using tensor::DType;
using tensor::Tensor;

Result<PredictRequest> Parse(std::string_view body, const model::Description& description) {
  return ParsePredict(Bytes(body), description);
}

model::Description TwoInputs() {
  model::Description description = Sample(DType::kUint8, {-1, 2});
  description.inputs.push_back({"scale", DType::kFp32, {-1}, {}});
  return description;
}

// The body that the first release's phone sends: one picture, each pixel three doubles.
std::string PhoneBody(bool batched) {
  json picture = json::array();
  for (int y = 0; y < 48; ++y) {
    json row = json::array();
    for (int x = 0; x < 48; ++x) row.push_back({x / 255.0, y / 255.0, 1 / 3.0});
    picture.push_back(std::move(row));
  }
  json body = {{"signature_name", "serving_default"}};
  body["instances"] = batched ? json::array({picture}) : picture;
  return body.dump();
}

TEST(Predict, TakesTheFirstReleasesPictureWithOrWithoutItsBatch) {
  for (const bool batched : {true, false}) {
    const auto request = Parse(PhoneBody(batched), Sample(DType::kFp32, {-1, 48, 48, 3}));
    ASSERT_TRUE(request.has_value()) << request.error().message;
    EXPECT_EQ(request->inputs[0].tensor.shape(), (tensor::Shape{1, 48, 48, 3}));
    const auto pixels = request->inputs[0].tensor.As<float>();
    EXPECT_EQ(pixels[3], static_cast<float>(1 / 255.0));
    EXPECT_EQ(pixels[48 * 3 + 1], static_cast<float>(1 / 255.0));
  }
}

TEST(Predict, StacksNamedRows) {
  const auto request = Parse(
      R"({"instances":[{"image":[1,2],"scale":0.5},{"scale":2,"image":[3,255]}]})", TwoInputs());
  ASSERT_TRUE(request.has_value()) << request.error().message;
  EXPECT_EQ(request->inputs[0].tensor.shape(), (tensor::Shape{2, 2}));
  EXPECT_EQ(request->inputs[0].tensor.As<std::uint8_t>()[3], 255);
  EXPECT_EQ(request->inputs[1].tensor.As<float>()[1], 2.0F);
  EXPECT_TRUE(request->row_format);
}

TEST(Predict, ReadsColumns) {
  const auto request = Parse(R"({"inputs":{"image":[[1,2],[3,4]],"scale":[1,2]}})", TwoInputs());
  ASSERT_TRUE(request.has_value()) << request.error().message;
  EXPECT_FALSE(request->row_format);
  EXPECT_EQ(request->inputs[1].tensor.shape(), tensor::Shape{2});
  EXPECT_TRUE(Parse(R"({"inputs":[[1,2]]})", Sample(DType::kUint8, {-1, 2})).has_value());
}

TEST(Predict, ReadsBytesAsTextOrBase64) {
  const auto request = Parse(R"({"instances":["a",{"b64":"/9g="}]})", Sample(DType::kBytes, {-1}));
  ASSERT_TRUE(request.has_value()) << request.error().message;
  EXPECT_EQ(request->inputs[0].tensor.ByteElements(),
            (std::vector<std::string_view>{"a", "\xFF\xD8"}));
}

TEST(Predict, RefusesMalformedBodies) {
  for (const char* body :
       {"", "[]", "{}", R"({"instances":5})", R"({"instances":[]})", R"({"instances":[[1]]})",
        R"({"instances":[[1,2],[3]]})", R"({"instances":[[1,256]]})",
        R"({"instances":[["a","b"]]})", R"({"instances":[{"x":[1,2]}]})",
        R"({"instances":[[1,2]],"inputs":[[1,2]]})",
        R"({"instances":[[1,2]],"signature_name":"other"})", R"({"inputs":{"x":[[1,2]]}})",
        R"({"inputs":{"image":[[1,2]],"image":[[1,2]]}})",
        R"({"instances":[{"image":[1,2]},5]})"}) {
    const auto request = Parse(body, Sample(DType::kUint8, {-1, 2}));
    ASSERT_FALSE(request.has_value()) << body;
    EXPECT_EQ(request.error().code, Code::kInvalidArgument);
  }
}

TEST(Predict, RefusesRowsThatDoNotNameEveryInput) {
  for (const char* body :
       {R"({"instances":[[1,2]]})", R"({"instances":[{"image":[1,2]}]})",
        R"({"instances":[{"image":[1,2],"image":[1,2]}]})",
        R"({"instances":[{"image":[1,2],"scale":1},{"image":[1],"scale":1}]})"}) {
    EXPECT_FALSE(Parse(body, TwoInputs()).has_value()) << body;
  }
}

model::Tensors Probabilities() {
  model::Tensors outputs;
  outputs.push_back({"p", Tensor::Of<float>({2, 2}, std::vector<float>{0.1F, 0.9F, 1, 0})});
  return outputs;
}

TEST(Predictions, AreARowEachOrAColumn) {
  EXPECT_EQ(*WritePredict({true, "", {}}, Probabilities()), R"({"predictions":[[0.1,0.9],[1,0]]})");
  EXPECT_EQ(*WritePredict({false, "", {}}, Probabilities()), R"({"outputs":[[0.1,0.9],[1,0]]})");
}

TEST(Predictions, NameSeveralOutputs) {
  model::Tensors outputs = Probabilities();
  outputs.push_back({"b", Tensor::OfBytes({2}, std::vector<std::string>{"x", "\xFF\xD8"})});
  EXPECT_EQ(*WritePredict({true, "", {}}, outputs),
            R"({"predictions":[{"p":[0.1,0.9],"b":"x"},{"p":[1,0],"b":{"b64":"/9g="}}]})");
  EXPECT_EQ(*WritePredict({false, "", {}}, outputs),
            R"({"outputs":{"p":[[0.1,0.9],[1,0]],"b":["x",{"b64":"/9g="}]}})");
}

TEST(Predictions, RefuseRowsWhereTheOutputsHaveNone) {
  model::Tensors outputs = Probabilities();
  outputs.push_back({"s", Tensor::Of<float>({}, std::vector<float>{1})});
  EXPECT_FALSE(WritePredict({true, "", {}}, outputs).has_value());
  EXPECT_TRUE(WritePredict({false, "", {}}, outputs).has_value());
}

TEST(ModelStatus, HasTensorFlowServingsShape) {
  EXPECT_EQ(ModelStatusJson(std::vector<VersionStatus>{{"1", true}}),
            R"({"model_version_status":[{"version":"1","state":"AVAILABLE",)"
            R"("status":{"error_code":"OK","error_message":""}}]})");
}

TEST(TfsMetadata, DescribesTheSignature) {
  const json metadata = json::parse(TfsMetadataJson(Sample(DType::kFp32, {-1, 48, 48, 3})));
  EXPECT_EQ(metadata["model_spec"]["name"], "emotion");
  const json& signature = metadata["metadata"]["signature_def"]["signature_def"]["serving_default"];
  EXPECT_EQ(signature["inputs"]["image"]["dtype"], "DT_FLOAT");
  EXPECT_EQ(signature["inputs"]["image"]["tensor_shape"]["dim"][0]["size"], "-1");
  EXPECT_EQ(signature["method_name"], "tensorflow/serving/predict");
}

}  // namespace
}  // namespace perigee::wire
