#include "serving/rows.h"

#include <gtest/gtest.h>

#include <string>

namespace perigee::serving {
namespace {

using model::Tensors;
using tensor::DType;
using tensor::Shape;
using tensor::Tensor;

// A batch of requests with these inputs, which must outlive it.
std::unique_ptr<Batch> BatchOf(const std::vector<Tensors>& inputs) {
  auto batch = std::make_unique<Batch>();
  for (const Tensors& one : inputs) {
    batch->requests.push_back(std::make_unique<Request>());
    batch->requests.back()->inputs = &one;
    batch->requests.back()->rows = static_cast<int>(one[0].tensor.shape()[0]);
    batch->rows += batch->requests.back()->rows;
  }
  return batch;
}

Tensor Numbers(Shape shape, std::vector<std::int32_t> values) {
  return Tensor::Of<std::int32_t>(std::move(shape), values);
}

TEST(Rows, ACopyLivesApartFromWhatItIsOf) {
  Tensors inputs = {{"a", Numbers({1, 2}, {1, 2})}, {"t", Tensor::OfBytes({1}, {{"xyz"}})}};
  RowBuffer buffer;
  const Tensors copy = buffer.Copy(inputs);
  ASSERT_EQ(copy.size(), 2U);
  EXPECT_EQ(copy[1].name, "t");
  EXPECT_NE(copy[0].tensor.bytes().data(), inputs[0].tensor.bytes().data());
  inputs.clear();
  EXPECT_EQ(copy[0].tensor.As<std::int32_t>()[1], 2);
  EXPECT_EQ(copy[1].tensor.ByteElements()[0], "xyz");
}

TEST(Rows, GatheredStandInTheRequestsOrder) {
  const std::vector<Tensors> inputs = {{{"a", Numbers({1, 2}, {1, 2})}},
                                       {{"a", Numbers({2, 2}, {3, 4, 5, 6})}}};
  RowBuffer buffer;
  const auto rows = buffer.Gather(*BatchOf(inputs), {{"a", DType::kInt32, {-1, 2}, {}}});
  ASSERT_TRUE(rows.has_value()) << rows.error().message;
  EXPECT_EQ(rows->at(0).tensor.shape(), (Shape{3, 2}));
  EXPECT_EQ(rows->at(0).tensor.As<std::int32_t>()[0], 1);
  EXPECT_EQ(rows->at(0).tensor.As<std::int32_t>()[5], 6);
}

TEST(Rows, OfDifferentShapesAreRefused) {
  const std::vector<Tensors> inputs = {{{"a", Numbers({1, 2}, {1, 2})}},
                                       {{"a", Numbers({1, 3}, {1, 2, 3})}}};
  RowBuffer buffer;
  EXPECT_EQ(buffer.Gather(*BatchOf(inputs), {{"a", DType::kInt32, {-1, -1}, {}}}).error().code,
            Code::kInternal);
}

TEST(Rows, OfTextGatherAndScatterByElement) {
  const std::vector<std::string> one = {"a", "bcd"};
  const std::vector<std::string> two = {"", "e", "fg", "h"};
  const std::vector<Tensors> inputs = {{{"t", Tensor::OfBytes({1, 2}, one)}},
                                       {{"t", Tensor::OfBytes({2, 2}, two)}}};
  RowBuffer buffer;
  const auto owned = BatchOf(inputs);
  Batch& batch = *owned;
  const auto rows = buffer.Gather(batch, {{"t", DType::kBytes, {-1, 2}, {}}});
  ASSERT_TRUE(rows.has_value()) << rows.error().message;
  ASSERT_TRUE(Scatter(*rows, batch).has_value());
  const Tensor& second = batch.requests[1]->answer->tensors.at(0).tensor;
  EXPECT_EQ(second.shape(), (Shape{2, 2}));
  EXPECT_EQ(second.ByteElements()[2], "fg");
  EXPECT_EQ(batch.requests[0]->answer->tensors.at(0).tensor.ByteElements()[1], "bcd");
}

TEST(Rows, ScatteredAreEachRequestsOwn) {
  const std::vector<Tensors> inputs = {{{"a", Numbers({2, 1}, {1, 2})}},
                                       {{"a", Numbers({1, 1}, {3})}}};
  const auto owned = BatchOf(inputs);
  Batch& batch = *owned;
  const Tensors outputs = {{"p", Numbers({3}, {7, 8, 9})},
                           {"q", Numbers({3, 2}, {1, 2, 3, 4, 5, 6})}};
  ASSERT_TRUE(Scatter(outputs, batch).has_value());
  const Tensors& last = batch.requests[1]->answer->tensors;
  EXPECT_EQ(last.at(0).name, "p");
  EXPECT_EQ(last.at(0).tensor.As<std::int32_t>()[0], 9);
  EXPECT_EQ(last.at(1).tensor.As<std::int32_t>()[1], 6);
  EXPECT_EQ(last.at(1).tensor.shape(), (Shape{1, 2}));
}

}  // namespace
}  // namespace perigee::serving
