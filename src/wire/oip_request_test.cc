#include "wire/oip_request.h"

#include <gtest/gtest.h>

#include <string>

#include "wire/testing/text.h"

namespace perigee::wire {
namespace {

using tensor::DType;

model::Description Pixels() { return Sample(DType::kUint8, {-1, 2, 2}); }

Result<InferRequest> ParseJson(std::string_view text) {
  return ParseInferRequest(Bytes(text), std::nullopt, Pixels());
}

Result<InferRequest> ParseBinary(const std::string& json, std::string_view tensors) {
  // As long as the test: requests borrow it.
  static std::string body;
  body = json;
  body += tensors;
  return ParseInferRequest(Bytes(body), json.size(), Pixels());
}

std::string Input(std::string_view dtype, std::string_view shape, std::string_view rest) {
  return R"({"inputs":[{"name":"x","datatype":")" + std::string(dtype) + R"(","shape":)" +
         std::string(shape) + "," + std::string(rest) + "}]}";
}

std::string Sized(int size) {
  return R"("parameters":{"binary_data_size":)" + std::to_string(size) + "}";
}

TEST(OipRequest, ReadsFlatAndNestedDataAlike) {
  for (const char* data : {R"("data":[1,2,3,4])", R"("data":[[[1,2],[3,4]]])"}) {
    const auto request = ParseJson(Input("INT32", "[1,2,2]", data));
    ASSERT_TRUE(request.has_value()) << request.error().message;
    const auto values = request->inputs[0].tensor.As<std::int32_t>();
    EXPECT_EQ(std::vector(values.begin(), values.end()), (std::vector<std::int32_t>{1, 2, 3, 4}));
    EXPECT_EQ(request->inputs[0].tensor.shape(), (tensor::Shape{1, 2, 2}));
  }
}

TEST(OipRequest, ReadsStringsAsBytesElements) {
  const auto request = ParseJson(Input("BYTES", "[2]", R"("data":["a","\u00e9"])"));
  ASSERT_TRUE(request.has_value());
  EXPECT_EQ(request->inputs[0].tensor.ByteElements(),
            (std::vector<std::string_view>{"a", "\xC3\xA9"}));
}

TEST(OipRequest, ReadsIdParametersAndRequestedOutputs) {
  const auto request = ParseJson(
      R"({"id":"42","parameters":{"timeout":5,"who":"x","f":1.5,"binary_data_output":true},
          "inputs":[{"name":"x","datatype":"FP32","shape":[1],"data":[1]}],
          "outputs":[{"name":"p","parameters":{"binary_data":false,"classification":3}}]})");
  ASSERT_TRUE(request.has_value());
  EXPECT_EQ(request->id, "42");
  EXPECT_EQ(request->parameters.at("timeout"), Parameter(std::int64_t{5}));
  EXPECT_EQ(request->parameters.at("who"), Parameter(std::string("x")));
  EXPECT_TRUE(request->binary_output);
  EXPECT_EQ(request->outputs[0].binary_data, false);
  EXPECT_EQ(request->outputs[0].classification, 3);
}

TEST(OipRequest, BorrowsBinaryTensorsFromTheBody) {
  const std::string json = Input("UINT8", "[1,2,2]", Sized(4));
  const std::string body = json + "abcd";
  const auto request = ParseInferRequest(Bytes(body), json.size(), Pixels());
  ASSERT_TRUE(request.has_value());
  EXPECT_EQ(request->inputs[0].tensor.bytes().data(), Bytes(body).data() + json.size());
}

TEST(OipRequest, CopiesBinaryTensorsOnlyWhereMisaligned) {
  std::string json = Input("FP32", "[1]", Sized(4));
  for (int i = 0; i < 4; ++i, json += ' ') {
    const auto request = ParseBinary(json, std::string_view("\0\0\x80?", 4));
    ASSERT_TRUE(request.has_value());
    EXPECT_EQ(request->inputs[0].tensor.As<float>()[0], 1.0F);
  }
}

TEST(OipRequest, RefusesLyingLengths) {
  const std::string json = Input("UINT8", "[4]", Sized(4));
  EXPECT_FALSE(ParseBinary(json, "abc").has_value());    // overruns
  EXPECT_FALSE(ParseBinary(json, "abcde").has_value());  // left over
  EXPECT_FALSE(ParseBinary(Input("UINT8", "[5]", Sized(4)), "abcd").has_value());
  EXPECT_FALSE(ParseBinary(Input("UINT8", "[1]", Sized(-1)), "a").has_value());
  EXPECT_FALSE(ParseInferRequest(Bytes(json), json.size() + 1, Pixels()).has_value());
  EXPECT_FALSE(ParseJson(json).has_value());  // no header at all
}

TEST(OipRequest, RefusesBinaryBytesThatLieWithinTheTensor) {
  EXPECT_FALSE(ParseBinary(Input("BYTES", "[1]", Sized(6)), std::string_view("\xFF\0\0\0ab", 6)));
  EXPECT_FALSE(ParseBinary(Input("BYTES", "[2]", Sized(5)), std::string_view("\1\0\0\0a", 5)));
  EXPECT_FALSE(ParseBinary(Input("BOOL", "[2]", Sized(2)), "\1\2"));
}

TEST(OipRequest, RefusesMalformedTensorsWithASentence) {
  for (const std::string& json : {
           Input("FP32", "[1]", R"("data":[1,2])"),
           Input("FP32", "[2,2]", R"("data":[[1,2,3,4]])"),
           Input("FP32", "[-1]", R"("data":[1])"),
           Input("FP32", "[1.5]", R"("data":[1])"),
           Input("FP31", "[1]", R"("data":[1])"),
           Input("FP16", "[1]", R"("data":[1])"),
           Input("FP32", "\"1\"", R"("data":[1])"),
           Input("FP32", "[1]", R"("data":1)"),
           Input("FP32", "[1]", R"("x":1)"),
           Input("UINT8", "[1]", R"("data":[256])"),
           Input("FP32", "[1]", R"("data":[1],)" + Sized(4)),
       }) {
    const auto request = ParseJson(json);
    ASSERT_FALSE(request.has_value()) << json;
    EXPECT_TRUE(request.error().message.starts_with("parse tensor x: ")) << json;
  }
}

TEST(OipRequest, RefusesMalformedMessages) {
  const std::string x = R"({"name":"x","datatype":"FP32","shape":[1],"data":[1]})";
  for (const std::string& json : {
           std::string(),
           std::string("{}"),
           std::string("[]"),
           std::string(R"({"inputs":[]})"),
           Input("FP32", "[1]", R"("data":[NaN])"),
           R"({"inputs":[)" + x + "," + x + "]}",
           R"({"inputs":{"a":)" + x + "}}",
           R"({"id":5,"inputs":[)" + x + "]}",
           R"({"parameters":[],"inputs":[)" + x + "]}",
           R"({"parameters":{"a":{}},"inputs":[)" + x + "]}",
           R"({"outputs":[{"name":"p"},{"name":"p"}],"inputs":[)" + x + "]}",
           R"({"outputs":[{}],"inputs":[)" + x + "]}",
           R"({"outputs":[{"name":"p","parameters":{"classification":0}}],"inputs":[)" + x + "]}",
       }) {
    EXPECT_FALSE(ParseJson(json).has_value()) << json;
  }
}

TEST(OipRequest, RefusesHugeShapesBeforeAllocating) {
  EXPECT_FALSE(ParseJson(Input("FP32", "[1099511627776,1099511627776]", R"("data":[])")));
  EXPECT_FALSE(ParseJson(Input("FP32", "[1000000000000]", R"("data":[1])")));
  EXPECT_FALSE(ParseJson(Input("FP32", "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]", R"("data":[1])")));
}

TEST(OipRequest, SaysThatSharedMemoryIsNotThere) {
  const auto request =
      ParseJson(Input("FP32", "[1]", R"("parameters":{"shared_memory_region":"r"})"));
  EXPECT_EQ(request.error().code, Code::kUnimplemented);
}

TEST(OipRawRequest, TakesTheBodyAsABatchOfOne) {
  const std::string body = "abcd";
  const auto request = ParseInferRequest(Bytes(body), 0, Pixels());
  ASSERT_TRUE(request.has_value());
  EXPECT_EQ(request->inputs[0].name, "image");
  EXPECT_EQ(request->inputs[0].tensor.shape(), (tensor::Shape{1, 2, 2}));
  EXPECT_TRUE(request->binary_output);
  EXPECT_FALSE(ParseInferRequest(Bytes("abcde"), 0, Pixels()).has_value());
}

TEST(OipRawRequest, WorksOutOneFreeDimension) {
  const std::string body(12, 'x');
  const auto request = ParseInferRequest(Bytes(body), 0, Sample(DType::kUint8, {-1, -1, 3}));
  ASSERT_TRUE(request.has_value());
  EXPECT_EQ(request->inputs[0].tensor.shape(), (tensor::Shape{1, 4, 3}));
  EXPECT_FALSE(ParseInferRequest(Bytes(body), 0, Sample(DType::kUint8, {-1, -1, 5})).has_value());
  EXPECT_FALSE(ParseInferRequest(Bytes(body), 0, Sample(DType::kUint8, {-1, -1, -1})).has_value());
}

TEST(OipRawRequest, TakesTheBodyAsOneBytesElement) {
  for (const tensor::Shape& shape : {tensor::Shape{-1}, tensor::Shape{-1, 1}}) {
    const auto request = ParseInferRequest(Bytes("jpeg"), 0, Sample(DType::kBytes, shape));
    ASSERT_TRUE(request.has_value());
    EXPECT_EQ(request->inputs[0].tensor.shape(), tensor::Shape(shape.size(), 1));
    EXPECT_EQ(request->inputs[0].tensor.ByteElements()[0], "jpeg");
  }
}

TEST(OipRawRequest, NeedsAModelOfOneInput) {
  model::Description two = Pixels();
  two.inputs.push_back(two.inputs[0]);
  EXPECT_FALSE(ParseInferRequest(Bytes("abcd"), 0, two).has_value());
}

}  // namespace
}  // namespace perigee::wire
