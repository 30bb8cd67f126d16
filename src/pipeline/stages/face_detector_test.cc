#include "pipeline/stages/face_detector.h"

#include <gtest/gtest.h>

#include <limits>

#include "pipeline/testing/fake_face_models.h"

namespace perigee::pipeline {
namespace {

constexpr DetectOptions kAll = {.input_size = 64, .score_min = 0.5F, .faces_max = 10};

media::Picture Wide() { return {tensor::Image::Of(160, 80), 1280, 640, 8}; }

TEST(FaceDetector, PutsBoxesIntoSourcePixels) {
  model::FakeModel model = FakeDetector({{{16, 8, 16, 8}, 0.9F}});
  const auto detector = FaceDetector::Open(model, FakeDetectorCard());
  ASSERT_TRUE(detector.has_value());
  const auto faces = detector->Detect(Wide(), kAll, {});
  ASSERT_TRUE(faces.has_value()) << faces.error().message;
  ASSERT_EQ(faces->size(), 1U);
  EXPECT_FLOAT_EQ(faces->front().box.x, 320);
  EXPECT_FLOAT_EQ(faces->front().box.y, 160);
  EXPECT_FLOAT_EQ(faces->front().box.width, 320);
}

TEST(FaceDetector, DropsOverlapsAndWhatIsNotFinite) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  model::FakeModel model =
      FakeDetector({{{8, 8, 16, 16}, 0.8F}, {{9, 8, 16, 16}, 0.9F}, {{nan, 8, 16, 16}, 0.95F}});
  const auto detector = FaceDetector::Open(model, FakeDetectorCard());
  const auto faces = detector->Detect(Wide(), kAll, {});
  ASSERT_EQ(faces->size(), 1U);
  EXPECT_FLOAT_EQ(faces->front().score, 0.9F);
}

TEST(FaceDetector, NamesThePossibleSizes) {
  model::FakeModel model = FakeDetector({});
  const auto detector = FaceDetector::Open(model, FakeDetectorCard());
  EXPECT_TRUE(detector->CheckInputSize(64).has_value());
  EXPECT_EQ(detector->CheckInputSize(65).error().message,
            "detector input size 65: only 64 is possible");
}

TEST(FaceDetector, ReportsAModelThatAnswersSomethingElse) {
  model::FakeModel model(FakeDetector({}).description(), [](const auto&, const auto&) {
    return Result<model::Tensors>(model::Tensors{});
  });
  const auto detector = FaceDetector::Open(model, FakeDetectorCard());
  EXPECT_EQ(detector->Detect(Wide(), kAll, {}).error().code, Code::kInternal);
}

TEST(FaceDetector, NeedsADetectorsCard) {
  model::FakeModel model = FakeDetector({});
  EXPECT_FALSE(FaceDetector::Open(model, FakeClassifierCard()).has_value());
}

}  // namespace
}  // namespace perigee::pipeline
