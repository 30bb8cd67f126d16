#include "serving/signature.h"

#include <gtest/gtest.h>

#include "serving/testing/fake_backend.h"

namespace perigee::serving {
namespace {

using model::Description;
using model::TensorSpec;
using tensor::DType;
using tensor::Shape;

// i [-1, -1] FP32 -> a [-1, 7] FP32, b [-1] INT64
std::unique_ptr<Session> File() {
  static FakeBackend backend({{"i", DType::kFp32, {-1, -1}, {}}},
                             {{"a", DType::kFp32, {-1, 7}, {}}, {"b", DType::kInt64, {-1}, {}}},
                             {});
  return *backend.Open("m.onnx", {});
}

Description Card() {
  Description card;
  card.inputs = {{"i", DType::kFp32, {-1, 4}, {}}};
  card.outputs = {{"b", DType::kInt64, {-1}, {}}, {"a", DType::kFp32, {-1, 7}, {"x", "y"}}};
  return card;
}

TEST(Signature, ComesFromTheFileWithoutACard) {
  Description description;
  ASSERT_TRUE(Reconcile(description, *File()).has_value());
  EXPECT_EQ(description.inputs.at(0).shape, (Shape{-1, -1}));
  EXPECT_EQ(description.outputs.at(1).name, "b");
  EXPECT_TRUE(CanBatch(description));
}

TEST(Signature, KeepsTheCardsNarrowerShapesAndLabelsInTheFilesOrder) {
  Description card = Card();
  ASSERT_TRUE(Reconcile(card, *File()).has_value());
  EXPECT_EQ(card.inputs[0].shape, (Shape{-1, 4}));
  EXPECT_EQ(card.outputs[0].name, "a");
  EXPECT_EQ(card.outputs[0].labels.size(), 2U);
}

TEST(Signature, NamesBothSidesOfAContradiction) {
  Description card = Card();
  card.inputs[0].dtype = DType::kUint8;
  const Result<void> reconciled = Reconcile(card, *File());
  ASSERT_FALSE(reconciled.has_value());
  EXPECT_EQ(reconciled.error().code, Code::kInvalidArgument);
  EXPECT_EQ(reconciled.error().message,
            "the card declares inputs i UINT8 [-1,4], the file has i FP32 [-1,-1]");
}

TEST(Signature, RefusesACardThatIsWiderOrHasOtherTensors) {
  Description wider = Card();
  wider.outputs[1].shape = {-1, -1};
  EXPECT_FALSE(Reconcile(wider, *File()).has_value());
  Description fewer = Card();
  fewer.outputs.pop_back();
  EXPECT_FALSE(Reconcile(fewer, *File()).has_value());
  Description more = Card();
  more.inputs.push_back({"j", DType::kFp32, {-1}, {}});
  EXPECT_FALSE(Reconcile(more, *File()).has_value());
}

TEST(Signature, BatchesOnlyWhereEveryFirstDimensionIsOpen) {
  Description description;
  description.inputs = {{"i", DType::kFp32, {-1, 4}, {}}};
  description.outputs = {{"o", DType::kFp32, {1, 4}, {}}};
  EXPECT_FALSE(CanBatch(description));
  description.outputs[0].shape = {};
  EXPECT_FALSE(CanBatch(description));
}

}  // namespace
}  // namespace perigee::serving
