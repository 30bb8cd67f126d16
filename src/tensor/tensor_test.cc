#include "tensor/tensor.h"

#include <gtest/gtest.h>

#include <array>

namespace perigee::tensor {
namespace {

TEST(Shape, CountsElements) {
  EXPECT_EQ(*ElementCount(Shape{2, 3}), 6);
  EXPECT_EQ(*ElementCount(Shape{}), 1);
  EXPECT_EQ(*ElementCount(Shape{4, 0, 1LL << 62}), 0);
}

TEST(Shape, RefusesNegativeAndOverflowing) {
  EXPECT_FALSE(ElementCount(Shape{-1, 3}).has_value());
  EXPECT_FALSE(ElementCount(Shape{1LL << 40, 1LL << 40}).has_value());
  EXPECT_FALSE(ElementCount(Shape{0, -1}).has_value());
}

TEST(Shape, FitsASpecificationWithFreeDimensions) {
  EXPECT_TRUE(ShapeFits(Shape{5, 7}, Shape{-1, 7}));
  EXPECT_FALSE(ShapeFits(Shape{5, 8}, Shape{-1, 7}));
  EXPECT_FALSE(ShapeFits(Shape{5}, Shape{-1, 7}));
}

TEST(Tensor, RefusesTheWrongNumberOfBytes) {
  const std::array<std::byte, 7> bytes{};
  const auto tensor = Tensor::Borrow(DType::kFp32, {2}, bytes);
  ASSERT_FALSE(tensor.has_value());
  EXPECT_EQ(tensor.error().message, "FP32 tensor of shape [2]: 7 bytes where 8 are needed");
}

TEST(Tensor, BorrowsWithoutACopy) {
  const std::array<std::byte, 8> bytes{};
  EXPECT_EQ(Tensor::Borrow(DType::kFp32, {2}, bytes)->bytes().data(), bytes.data());
}

TEST(Tensor, BytesElementsRoundTrip) {
  const std::array<std::string, 2> elements = {"jpeg", ""};
  const Tensor tensor = Tensor::OfBytes({2}, elements);
  EXPECT_EQ(tensor.ByteElements(), (std::vector<std::string_view>{"jpeg", ""}));
}

TEST(Tensor, RefusesALyingElementLength) {
  std::vector<std::byte> bytes(6);
  bytes[0] = std::byte{9};
  EXPECT_FALSE(Tensor::Own(DType::kBytes, {1}, bytes).has_value());
}

TEST(Tensor, RefusesFewerElementsThanItsShape) {
  EXPECT_FALSE(Tensor::Own(DType::kBytes, {2}, std::vector<std::byte>(4)).has_value());
}

TEST(DType, NamesRoundTrip) {
  for (const auto* name : {"BOOL", "UINT8", "BF16", "FP64", "BYTES"}) {
    EXPECT_EQ(DTypeName(*ParseDType(name)), name);
  }
  EXPECT_FALSE(ParseDType("STRING").has_value());
}

}  // namespace
}  // namespace perigee::tensor
