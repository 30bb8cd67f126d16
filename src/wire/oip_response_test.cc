#include "wire/oip_response.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <random>

#include "wire/oip_request.h"
#include "wire/testing/text.h"

namespace perigee::wire {
namespace {

using tensor::DType;
using tensor::Tensor;

InferResponse Response() {
  InferResponse response{"emotion", "1", "7", {}};
  response.outputs.push_back(
      {"p", Tensor::Of<float>({1, 3}, std::vector<float>{0.1F, NAN, -INFINITY})});
  response.outputs.push_back({"n", Tensor::Of<std::int64_t>({1}, std::vector<std::int64_t>{-5})});
  return response;
}

TEST(OipResponse, WritesJsonWithShortestFloatsAndNullForNaN) {
  const auto encoded = WriteInferResponse(Response(), {});
  ASSERT_TRUE(encoded.has_value());
  EXPECT_FALSE(encoded->json_length.has_value());
  EXPECT_EQ(encoded->body, R"({"model_name":"emotion","model_version":"1","id":"7","outputs":[)"
                           R"({"name":"p","shape":[1,3],"datatype":"FP32","data":[0.1,null,null]},)"
                           R"({"name":"n","shape":[1],"datatype":"INT64","data":[-5]}]})");
}

TEST(OipResponse, LetsEachOutputChooseItsForm) {
  InferRequest request;
  request.binary_output = true;
  request.outputs = {{"p", {}, 0}, {"n", false, 0}};
  const auto encoded = WriteInferResponse(Response(), request);
  ASSERT_TRUE(encoded && encoded->json_length);
  EXPECT_EQ(encoded->body.size() - *encoded->json_length, 12U);
  const auto head = nlohmann::json::parse(encoded->body.substr(0, *encoded->json_length));
  EXPECT_EQ(head["outputs"][0]["parameters"]["binary_data_size"], 12);
  EXPECT_EQ(head["outputs"][1]["data"][0], -5);
}

TEST(OipResponse, RefusesToChangeBytesThatAreNoText) {
  InferResponse response;
  response.outputs.push_back({"b", Tensor::OfBytes({1}, std::vector<std::string>{"\xFF\xD8"})});
  EXPECT_EQ(WriteInferResponse(response, {}).error().code, Code::kInvalidArgument);
  InferRequest binary;
  binary.binary_output = true;
  EXPECT_TRUE(WriteInferResponse(response, binary).has_value());
}

TEST(OipResponse, WritesHalfFloatsAsNumbers) {
  InferResponse response;
  const std::vector<std::byte> bits = {std::byte{0x00}, std::byte{0x3E}, std::byte{0x01},
                                       std::byte{0x80}};
  response.outputs.push_back({"h", *Tensor::Own(DType::kFp16, {2}, bits)});
  response.outputs.push_back({"b", *Tensor::Own(DType::kBf16, {2}, bits)});
  const auto parsed = nlohmann::json::parse(WriteInferResponse(response, {})->body);
  EXPECT_EQ(parsed["outputs"][0]["data"][0], 1.5);
  EXPECT_EQ(parsed["outputs"][0]["data"][1].get<float>(), -std::ldexp(1.0F, -24));
  EXPECT_EQ(parsed["outputs"][1]["data"][0], 0.125);
}

TEST(OipResponse, ComesBackFromEitherForm) {
  for (const bool binary : {false, true}) {
    InferRequest request;
    request.binary_output = binary;
    InferResponse response{"m", "3", "id", {}};
    response.outputs.push_back({"p", Tensor::Of<double>({2}, std::vector<double>{0.1, 1e300})});
    response.outputs.push_back({"s", Tensor::OfBytes({2}, std::vector<std::string>{"", "é"})});
    const auto encoded = WriteInferResponse(response, request);
    const auto read = ParseInferResponse(Bytes(encoded->body), encoded->json_length);
    ASSERT_TRUE(read.has_value()) << read.error().message;
    EXPECT_EQ(read->id, "id");
    EXPECT_EQ(read->outputs[0].tensor.As<double>()[1], 1e300);
    EXPECT_EQ(read->outputs[1].tensor.ByteElements()[1], "é");
  }
}

TEST(OipResponse, RefusesTruncatedAnswers) {
  InferRequest request;
  request.binary_output = true;
  const auto encoded = WriteInferResponse(Response(), request);
  for (std::size_t size = 0; size < encoded->body.size(); ++size) {
    const std::string cut = encoded->body.substr(0, size);
    EXPECT_FALSE(ParseInferResponse(Bytes(cut), encoded->json_length).has_value()) << size;
  }
}

// Any tensors of any dtype go through WriteInferRequest and ParseInferRequest unchanged.
class RoundTrip : public testing::TestWithParam<int> {};

Tensor RandomTensor(DType dtype, std::mt19937& random) {
  const auto size = static_cast<std::int64_t>(random() % 5);
  if (dtype == DType::kBytes) {
    std::vector<std::string> elements(static_cast<std::size_t>(size), "\xFF\0x");
    return Tensor::OfBytes({size}, elements);
  }
  Tensor tensor = Tensor::Zeros(dtype, {size, 3});
  std::vector<std::byte> bytes(tensor.bytes().size());
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random() & 1);
  return *Tensor::Own(dtype, {size, 3}, bytes);
}

TEST_P(RoundTrip, KeepsEveryTensor) {
  std::mt19937 random(static_cast<unsigned>(GetParam()));
  InferRequest request;
  request.id = "r";
  request.outputs = {{"o", true, 2}};
  for (int i = 0; i < 14; ++i) {
    const auto dtype = static_cast<DType>(i);
    request.inputs.push_back({"i" + std::to_string(i), RandomTensor(dtype, random)});
  }
  const EncodedBody encoded = WriteInferRequest(request);
  const auto read = ParseInferRequest(Bytes(encoded.body), encoded.json_length, {});
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(read->outputs[0].classification, 2);
  for (std::size_t i = 0; i < request.inputs.size(); ++i) {
    EXPECT_EQ(read->inputs[i].tensor.shape(), request.inputs[i].tensor.shape());
    EXPECT_TRUE(
        std::ranges::equal(read->inputs[i].tensor.bytes(), request.inputs[i].tensor.bytes()));
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RoundTrip, testing::Range(0, 50));

}  // namespace
}  // namespace perigee::wire
