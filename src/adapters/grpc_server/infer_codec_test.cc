#include "adapters/grpc_server/infer_codec.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <limits>
#include <string>

namespace perigee::grpc_server {
namespace {

using inference::ModelInferRequest;

ModelInferRequest OneInput(const std::string& datatype, std::int64_t elements) {
  ModelInferRequest message;
  message.set_model_name("m");
  auto& input = *message.add_inputs();
  input.set_name("x");
  input.set_datatype(datatype);
  input.add_shape(elements);
  return message;
}

inference::InferTensorContents& ContentsOf(ModelInferRequest& message) {
  return *message.mutable_inputs(0)->mutable_contents();
}

Error ErrorOf(const ModelInferRequest& message) {
  const Result<wire::InferRequest> request = DecodeInfer(message);
  return request.has_value() ? Internal("no error") : request.error();
}

void ExpectRefused(const ModelInferRequest& message, const std::string& sentence) {
  EXPECT_EQ(ErrorOf(message).code, Code::kInvalidArgument);
  EXPECT_EQ(ErrorOf(message).message, sentence);
}

// Typed contents come out as these elements.
template <typename T>
void ExpectElements(const ModelInferRequest& message, const std::vector<T>& expected) {
  const Result<wire::InferRequest> request = DecodeInfer(message);
  ASSERT_TRUE(request.has_value()) << request.error().message;
  const std::span<const std::byte> bytes = request->inputs.at(0).tensor.bytes();
  ASSERT_EQ(bytes.size(), expected.size() * sizeof(T));
  EXPECT_EQ(std::memcmp(bytes.data(), expected.data(), bytes.size()), 0);
}

TEST(DecodeInfer, BorrowsRawBytesFromTheMessage) {
  ModelInferRequest message = OneInput("UINT8", 64);
  message.add_raw_input_contents(std::string(64, 'a'));
  const Result<wire::InferRequest> request = DecodeInfer(message);
  ASSERT_TRUE(request.has_value()) << request.error().message;
  EXPECT_EQ(static_cast<const void*>(request->inputs.at(0).tensor.bytes().data()),
            message.raw_input_contents(0).data());
}

TEST(DecodeInfer, KeepsNamesAndId) {
  ModelInferRequest message = OneInput("UINT8", 0);
  message.set_model_version("3");
  message.set_id("seven");
  const Result<wire::InferRequest> request = DecodeInfer(message);
  ASSERT_TRUE(request.has_value()) << request.error().message;
  EXPECT_EQ(request->model_name, "m");
  EXPECT_EQ(request->model_version, "3");
  EXPECT_EQ(request->id, "seven");
  EXPECT_EQ(request->inputs.at(0).name, "x");
}

TEST(DecodeInfer, ReadsTypedFloats) {
  ModelInferRequest singles = OneInput("FP32", 2);
  ContentsOf(singles).add_fp32_contents(0.5F);
  ContentsOf(singles).add_fp32_contents(-2.0F);
  ExpectElements<float>(singles, {0.5F, -2.0F});
  ModelInferRequest doubles = OneInput("FP64", 1);
  ContentsOf(doubles).add_fp64_contents(0.25);
  ExpectElements<double>(doubles, {0.25});
}

TEST(DecodeInfer, ReadsTypedWideIntegers) {
  ModelInferRequest message = OneInput("INT32", 1);
  ContentsOf(message).add_int_contents(-70000);
  ExpectElements<std::int32_t>(message, {-70000});
  message = OneInput("UINT32", 1);
  ContentsOf(message).add_uint_contents(4'000'000'000);
  ExpectElements<std::uint32_t>(message, {4'000'000'000});
  message = OneInput("INT64", 1);
  ContentsOf(message).add_int64_contents(-(std::int64_t{1} << 40));
  ExpectElements<std::int64_t>(message, {-(std::int64_t{1} << 40)});
  message = OneInput("UINT64", 1);
  ContentsOf(message).add_uint64_contents(std::uint64_t{1} << 63);
  ExpectElements<std::uint64_t>(message, {std::uint64_t{1} << 63});
}

TEST(DecodeInfer, ReadsTypedNarrowIntegersAndBools) {
  ModelInferRequest message = OneInput("UINT8", 2);
  ContentsOf(message).add_uint_contents(0);
  ContentsOf(message).add_uint_contents(255);
  ExpectElements<std::uint8_t>(message, {0, 255});
  message = OneInput("INT8", 1);
  ContentsOf(message).add_int_contents(-128);
  ExpectElements<std::int8_t>(message, {-128});
  message = OneInput("UINT16", 1);
  ContentsOf(message).add_uint_contents(65535);
  ExpectElements<std::uint16_t>(message, {65535});
  message = OneInput("INT16", 1);
  ContentsOf(message).add_int_contents(-32768);
  ExpectElements<std::int16_t>(message, {-32768});
  message = OneInput("BOOL", 1);
  ContentsOf(message).add_bool_contents(true);
  ExpectElements<std::uint8_t>(message, {1});
}

TEST(DecodeInfer, ReadsBytesInBothForms) {
  ModelInferRequest typed = OneInput("BYTES", 2);
  ContentsOf(typed).add_bytes_contents("ab");
  ContentsOf(typed).add_bytes_contents("");
  ModelInferRequest raw = OneInput("BYTES", 2);
  raw.add_raw_input_contents(std::string("\2\0\0\0ab\0\0\0\0", 10));
  for (const ModelInferRequest& message : {typed, raw}) {
    const Result<wire::InferRequest> request = DecodeInfer(message);
    ASSERT_TRUE(request.has_value()) << request.error().message;
    const std::vector<std::string_view> expected = {"ab", ""};
    EXPECT_EQ(request->inputs.at(0).tensor.ByteElements(), expected);
  }
}

TEST(DecodeInfer, ReadsHalfPrecisionOnlyRaw) {
  ModelInferRequest message = OneInput("FP16", 1);
  ExpectRefused(message, "infer m: input x: FP16 travels in raw_input_contents");
  message.add_raw_input_contents("\1\2");
  EXPECT_TRUE(DecodeInfer(message).has_value());
}

TEST(DecodeInfer, RefusesRawAndTypedAtOnce) {
  ModelInferRequest message = OneInput("UINT8", 1);
  ContentsOf(message).add_uint_contents(1);
  message.add_raw_input_contents("a");
  ExpectRefused(message, "infer m: input x: contents and raw_input_contents are both given");
}

TEST(DecodeInfer, RefusesRawEntriesThatDoNotMatchTheInputs) {
  ModelInferRequest message = OneInput("UINT8", 1);
  message.add_raw_input_contents("a");
  message.add_raw_input_contents("b");
  ExpectRefused(message, "infer m: 2 raw_input_contents for 1 inputs");
}

TEST(DecodeInfer, RefusesAWrongByteCount) {
  ModelInferRequest message = OneInput("FP32", 2);
  message.add_raw_input_contents("abc");
  ExpectRefused(message, "infer m: input x: FP32 tensor of shape [2]: 3 bytes where 8 are needed");
}

TEST(DecodeInfer, RefusesTypedElementsOfAnotherDatatype) {
  ModelInferRequest message = OneInput("INT64", 1);
  ContentsOf(message).add_fp32_contents(1);
  ExpectRefused(message, "infer m: input x: INT64 tensor of shape [1]: 0 bytes where 8 are needed");
}

TEST(DecodeInfer, RefusesIntegersThatDoNotFit) {
  ModelInferRequest message = OneInput("UINT8", 1);
  ContentsOf(message).add_uint_contents(256);
  ExpectRefused(message, "infer m: input x: 256 does not fit UINT8");
}

TEST(DecodeInfer, RefusesHostileShapes) {
  ModelInferRequest huge = OneInput("UINT8", std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(ErrorOf(huge).code, Code::kInvalidArgument);
  ModelInferRequest negative = OneInput("UINT8", -1);
  EXPECT_EQ(ErrorOf(negative).code, Code::kInvalidArgument);
  ModelInferRequest deep = OneInput("UINT8", 1);
  for (int i = 0; i < kRankMax; ++i) deep.mutable_inputs(0)->add_shape(1);
  ExpectRefused(deep, "infer m: input x: 17 dimensions where 16 may come");
}

TEST(DecodeInfer, RefusesAnUnknownDatatype) {
  ExpectRefused(OneInput("FP31", 1), "infer m: input x: there is no datatype \"FP31\"");
}

TEST(DecodeInfer, RefusesMoreInputsThanTheBound) {
  ModelInferRequest message;
  message.set_model_name("m");
  for (int i = 0; i <= kTensorsMax; ++i) message.add_inputs();
  ExpectRefused(message, "infer m: 257 inputs where 256 may come");
}

TEST(DecodeInfer, SaysThatSharedMemoryIsNotOffered) {
  ModelInferRequest message = OneInput("UINT8", 1);
  (*message.mutable_inputs(0)->mutable_parameters())["shared_memory_region"].set_string_param("r");
  EXPECT_EQ(ErrorOf(message).code, Code::kUnimplemented);
}

TEST(DecodeInfer, PassesParametersOn) {
  ModelInferRequest message = OneInput("UINT8", 0);
  auto& parameters = *message.mutable_parameters();
  parameters["flag"].set_bool_param(true);
  parameters["count"].set_int64_param(-3);
  parameters["share"].set_double_param(0.5);
  parameters["name"].set_string_param("n");
  parameters["big"].set_uint64_param(9);
  const Result<wire::InferRequest> request = DecodeInfer(message);
  ASSERT_TRUE(request.has_value()) << request.error().message;
  const wire::Parameters expected = {{"flag", true},
                                     {"count", std::int64_t{-3}},
                                     {"share", 0.5},
                                     {"name", std::string("n")},
                                     {"big", std::int64_t{9}}};
  EXPECT_EQ(request->parameters, expected);
}

TEST(DecodeInfer, RefusesParametersWithoutAUsableValue) {
  ModelInferRequest message = OneInput("UINT8", 0);
  (*message.mutable_parameters())["p"].set_uint64_param(std::uint64_t{1} << 63);
  ExpectRefused(message, "infer m: parameter p: over 2^63 - 1");
  (*message.mutable_parameters())["p"].Clear();
  ExpectRefused(message, "infer m: parameter p: has no value");
}

TEST(DecodeInfer, ReadsClassification) {
  ModelInferRequest message = OneInput("UINT8", 0);
  auto& output = *message.add_outputs();
  output.set_name("y");
  auto& parameter = (*output.mutable_parameters())["classification"];
  parameter.set_int64_param(3);
  const Result<wire::InferRequest> request = DecodeInfer(message);
  ASSERT_TRUE(request.has_value()) << request.error().message;
  EXPECT_EQ(request->outputs.at(0).name, "y");
  EXPECT_EQ(request->outputs.at(0).classification, 3);
  parameter.set_int64_param(-1);
  ExpectRefused(message, "infer m: output y: classification is no whole number from 0");
}

TEST(EncodeInfer, SendsOutputsRawInTheirOrder) {
  wire::InferResponse response{"m", "2", "id", {}};
  response.outputs.push_back({"a", tensor::Tensor::Of<float>({1, 1}, std::array<float, 1>{0.5F})});
  response.outputs.push_back({"b", tensor::Tensor::OfBytes({1}, std::array<std::string, 1>{"s"})});
  inference::ModelInferResponse message;
  EncodeInfer(response, message);
  EXPECT_EQ(message.id(), "id");
  EXPECT_EQ(message.outputs(0).datatype(), "FP32");
  EXPECT_EQ(message.outputs(0).shape_size(), 2);
  EXPECT_EQ(message.raw_output_contents(0), std::string("\0\0\0\x3f", 4));
  EXPECT_EQ(message.outputs(1).name(), "b");
  EXPECT_EQ(message.raw_output_contents(1), std::string("\1\0\0\0s", 5));
}

}  // namespace
}  // namespace perigee::grpc_server
