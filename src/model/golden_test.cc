#include "model/golden.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

namespace perigee::model {
namespace {

using tensor::DType;

TensorSpec Spec(DType dtype, tensor::Shape shape) {
  return {.name = "x", .dtype = dtype, .shape = std::move(shape), .labels = {}};
}

Golden Random(std::uint64_t seed) {
  Golden golden;
  golden.fill = Golden::Fill::kRandom;
  golden.seed = seed;
  return golden;
}

// The first draws of splitmix64 seeded with 1, as its author's C prints them.
TEST(Golden, DrawsWhatSplitmix64Draws) {
  const auto inputs = GoldenInputs(Random(1), {Spec(DType::kUint64, {3})});
  ASSERT_TRUE(inputs.has_value()) << inputs.error().message;
  std::uint64_t first = 0;
  std::memcpy(&first, inputs->at(0).tensor.bytes().data(), sizeof(first));
  EXPECT_EQ(first, 0x910a2dec89025cc1U);
}

TEST(Golden, FillsFloatsInTheUnitIntervalAndBytesWithTheLowestByte) {
  const auto floats = GoldenInputs(Random(1), {Spec(DType::kFp32, {-1, 2})});
  ASSERT_TRUE(floats.has_value()) << floats.error().message;
  EXPECT_EQ(floats->at(0).tensor.shape(), (tensor::Shape{1, 2}));
  EXPECT_EQ(floats->at(0).tensor.As<float>()[0],
            static_cast<float>(0x910a2dec89025cc1U >> 40) / 16'777'216.0F);
  const auto bytes = GoldenInputs(Random(1), {Spec(DType::kUint8, {1})});
  EXPECT_EQ(bytes->at(0).tensor.As<std::uint8_t>()[0], 0xc1);
}

TEST(Golden, FillsTextsThatReadAsNumbers) {
  const auto zero = GoldenInputs(Golden(), {Spec(DType::kBytes, {2})});
  ASSERT_TRUE(zero.has_value()) << zero.error().message;
  EXPECT_EQ(zero->at(0).tensor.ByteElements(), (std::vector<std::string_view>{"0", "0"}));
}

TEST(Golden, TakesTheShapeThatIsNamedIfItFits) {
  Golden golden;
  golden.inputs = {{"x", {2, 4}}};
  const auto inputs = GoldenInputs(golden, {Spec(DType::kFp32, {-1, -1})});
  ASSERT_TRUE(inputs.has_value()) << inputs.error().message;
  EXPECT_EQ(inputs->at(0).tensor.shape(), (tensor::Shape{2, 4}));
  EXPECT_EQ(GoldenInputs(golden, {Spec(DType::kFp32, {-1, 5})}).error().message,
            "golden input x: shape [2,4] where the model takes [-1,5]");
  golden.inputs = {{"x", {1 << 20, 1 << 20}}};
  EXPECT_FALSE(GoldenInputs(golden, {Spec(DType::kFp32, {-1, -1})}).has_value());
}

Golden Expecting(std::vector<double> values) {
  Golden golden;
  golden.outputs = {{"y", std::move(values), {}}};
  golden.tolerance = 0.01;
  return golden;
}

Tensors Answer(std::vector<float> values) {
  const auto size = static_cast<std::int64_t>(values.size());
  return {{"y", tensor::Tensor::Of<float>({size}, values)}};
}

TEST(Golden, AcceptsWhatIsWithinTheTolerance) {
  EXPECT_TRUE(CheckGolden(Expecting({1, 2}), Answer({1.009F, 1.995F})).has_value());
}

TEST(Golden, NamesTheFirstValueThatDiffers) {
  EXPECT_EQ(CheckGolden(Expecting({1, 2}), Answer({1, 2.5F})).error().message,
            "golden answer: output y: value 1 is 2.5, the card says 2 within 0.01");
  EXPECT_FALSE(
      CheckGolden(Expecting({1}), Answer({std::numeric_limits<float>::quiet_NaN()})).has_value());
  EXPECT_EQ(CheckGolden(Expecting({1, 2}), Answer({1})).error().message,
            "golden answer: output y: 1 values where the card has 2");
  EXPECT_FALSE(CheckGolden(Expecting({1}), {}).has_value());
}

// Bits as IEEE 754 has them: halves of FP16, upper halves of FP32.
TEST(Golden, ReadsHalfPrecision) {
  const auto read = [](DType dtype, std::uint16_t bits) {
    std::vector<std::byte> bytes(sizeof(bits));
    std::memcpy(bytes.data(), &bits, sizeof(bits));
    return NumberAt(*tensor::Tensor::Own(dtype, {1}, std::move(bytes)), 0);
  };
  EXPECT_DOUBLE_EQ(read(DType::kFp16, 0x3C00), 1);
  EXPECT_DOUBLE_EQ(read(DType::kFp16, 0xC500), -5);
  EXPECT_DOUBLE_EQ(read(DType::kFp16, 0x7BFF), 65504);
  EXPECT_DOUBLE_EQ(read(DType::kFp16, 0x0001), 0x1p-24);
  EXPECT_DOUBLE_EQ(read(DType::kFp16, 0x0400), 0x1p-14);
  EXPECT_DOUBLE_EQ(read(DType::kFp16, 0xFC00), -std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::isnan(read(DType::kFp16, 0x7C01)));
  EXPECT_DOUBLE_EQ(read(DType::kBf16, 0xC0A0), -5);
  EXPECT_TRUE(std::isnan(read(DType::kBf16, 0x7FC0)));
}

TEST(Golden, ComparesTextsExactly) {
  Golden golden;
  golden.outputs = {{"y", {}, {"a"}}};
  const std::vector<std::string> same = {"a"};
  const std::vector<std::string> other = {"b"};
  EXPECT_TRUE(CheckGolden(golden, {{"y", tensor::Tensor::OfBytes({1}, same)}}).has_value());
  EXPECT_FALSE(CheckGolden(golden, {{"y", tensor::Tensor::OfBytes({1}, other)}}).has_value());
}

}  // namespace
}  // namespace perigee::model
