#include "pipeline/emotion.h"

#include <gtest/gtest.h>

#include <memory>

#include "base/testing/fake_clock.h"
#include "pipeline/testing/fake_face_models.h"

namespace perigee::pipeline {
namespace {

// A pipeline over fakes: in a 128 x 128 photograph, a face left (dark) and a better one right.
class EmotionPipelineTest : public testing::Test {
 protected:
  EmotionPipelineTest()
      : detector_(FakeDetector({{{4, 4, 20, 20}, 0.6F}, {{40, 4, 20, 20}, 0.9F}})),
        classifier_(FakeClassifier()),
        detector_card_(FakeDetectorCard()),
        classifier_card_(FakeClassifierCard()),
        pipeline_(*EmotionPipeline::Open({Borrowed(detector_), detector_card_},
                                         {Borrowed(classifier_), classifier_card_}, clock_)) {}

  Result<task::Answer> Run(const task::Options& options, const task::Context& context = {}) {
    const std::vector<std::byte> photo = HalfBlackHalfWhite(128, 128);
    return pipeline_->Run({photo, "", options}, context);
  }

  FakeClock clock_;
  model::FakeModel detector_;
  model::FakeModel classifier_;
  model::Card detector_card_;
  model::Card classifier_card_;
  std::unique_ptr<EmotionPipeline> pipeline_;
};

TEST_F(EmotionPipelineTest, FindsFacesInSourcePixelsBestFirst) {
  const Result<task::Answer> answer = Run({});
  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  ASSERT_EQ(answer->faces.size(), 2U);
  EXPECT_EQ(answer->image_width, 128);
  EXPECT_FLOAT_EQ(answer->faces[0].box.x, 80);
  EXPECT_FLOAT_EQ(answer->faces[0].box.width, 40);
  EXPECT_EQ(answer->faces[0].emotion, "bright");
  EXPECT_EQ(answer->faces[1].emotion, "dark");
}

TEST_F(EmotionPipelineTest, NamesStagesAndModels) {
  const Result<task::Answer> answer = Run({});
  ASSERT_TRUE(answer.has_value());
  std::string stages;
  for (const task::StageTime& stage : answer->stages) stages += stage.stage + " ";
  EXPECT_EQ(stages, "decode detect crop classify ");
  ASSERT_EQ(answer->models.size(), 2U);
  EXPECT_EQ(answer->models[0].name, "detector");
}

TEST_F(EmotionPipelineTest, KeepsToItsOptions) {
  EXPECT_EQ(Run({{"faces_max", "1"}})->faces.size(), 1U);
  EXPECT_EQ(Run({{"min_score", "0.7"}})->faces.size(), 1U);
  EXPECT_EQ(Run({{"min_score", "0.95"}})->faces.size(), 0U);
}

TEST_F(EmotionPipelineTest, RefusesWrongOptions) {
  for (const task::Options& options :
       {task::Options{{"faces_max", "0"}}, task::Options{{"detector_size", "65"}},
        task::Options{{"colour", "1"}}, task::Options{{"min_score", "two"}}}) {
    const Result<task::Answer> answer = Run(options);
    ASSERT_FALSE(answer.has_value());
    EXPECT_EQ(answer.error().code, Code::kInvalidArgument);
  }
}

TEST_F(EmotionPipelineTest, EndsWhenItsCallerLeft) {
  std::stop_source stop;
  stop.request_stop();
  const Result<task::Answer> answer = Run({}, {.deadline = kNever, .stop = stop.get_token()});
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code, Code::kCancelled);
}

TEST_F(EmotionPipelineTest, PredictsFromItsRuns) {
  EXPECT_EQ(pipeline_->hint(task::kUsualBudget).valid_for, Duration{});
  ASSERT_TRUE(Run({}).has_value());
  EXPECT_GT(pipeline_->hint(task::kUsualBudget).valid_for, Duration{});
}

TEST_F(EmotionPipelineTest, DoesNotBeginWithoutTime) {
  const Result<task::Answer> answer = Run({}, {.deadline = clock_.Now()});
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code, Code::kDeadlineExceeded);
  EXPECT_EQ(answer.error().message, "decode: no time is left for it and what follows it");
  EXPECT_EQ(detector_.submitted(), 0);
}

TEST_F(EmotionPipelineTest, RefusesWhatIsNoPicture) {
  const std::string text = "not a picture at all";
  const auto answer = pipeline_->Run({std::as_bytes(std::span(text)), "image/jpeg", {}}, {});
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code, Code::kInvalidArgument);
}

TEST(EmotionPipeline, RefusesCardsThatDoNotFit) {
  FakeClock clock;
  model::FakeModel detector = FakeDetector({});
  model::FakeModel classifier = FakeClassifier();
  const model::Card detector_card = FakeDetectorCard();
  model::Card classifier_card = FakeClassifierCard();
  classifier_card.classifier->labels.emplace_back("grey");
  const auto opened = EmotionPipeline::Open({Borrowed(detector), detector_card},
                                            {Borrowed(classifier), classifier_card}, clock);
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().message,
            "classifier classifier: 3 labels for an output of shape [-1,2]");
}

}  // namespace
}  // namespace perigee::pipeline
