#include "pipeline/stages/classifier.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "pipeline/testing/fake_face_models.h"

namespace perigee::pipeline {
namespace {

tensor::Image Square(std::uint8_t level) {
  tensor::Image image = tensor::Image::Of(8, 8);
  std::ranges::fill(image.pixels, level);
  return image;
}

TEST(Classifier, KeepsTheOrderOfItsCrops) {
  model::FakeModel model = FakeClassifier();
  const auto classifier = Classifier::Open(model, FakeClassifierCard());
  ASSERT_TRUE(classifier.has_value());
  EXPECT_EQ(classifier->input_size(), 8);
  const auto rows = classifier->Classify({Square(255), Square(0), Square(51)}, {});
  ASSERT_TRUE(rows.has_value()) << rows.error().message;
  ASSERT_EQ(rows->size(), 3U);
  EXPECT_FLOAT_EQ((*rows)[0][1].probability, 1);
  EXPECT_FLOAT_EQ((*rows)[1][1].probability, 0);
  EXPECT_NEAR((*rows)[2][1].probability, 0.2, 1e-6);
  EXPECT_EQ((*rows)[0][1].label, "bright");
}

TEST(Classifier, HasNothingToSayOfNoCrops) {
  model::FakeModel model = FakeClassifier();
  const auto classifier = Classifier::Open(model, FakeClassifierCard());
  EXPECT_TRUE(classifier->Classify({}, {})->empty());
  EXPECT_EQ(model.submitted(), 0);
}

TEST(Classifier, HandsTheModelsErrorOn) {
  model::FakeModel model(FakeClassifier().description(), [](const auto&, const auto&) {
    return Result<model::Tensors>(Fail(ResourceExhausted("full")));
  });
  const auto classifier = Classifier::Open(model, FakeClassifierCard());
  EXPECT_EQ(classifier->Classify({Square(1), Square(2)}, {}).error().code,
            Code::kResourceExhausted);
}

TEST(Classifier, NeedsAClassifiersCard) {
  model::FakeModel model = FakeClassifier();
  EXPECT_FALSE(Classifier::Open(model, FakeDetectorCard()).has_value());
}

}  // namespace
}  // namespace perigee::pipeline
