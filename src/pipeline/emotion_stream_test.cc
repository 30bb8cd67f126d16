#include "pipeline/emotion_stream.h"

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "base/testing/fake_clock.h"
#include "media/encode.h"
#include "pipeline/emotion.h"
#include "pipeline/testing/fake_face_models.h"
#include "pipeline/testing/manual_threads.h"

namespace perigee::pipeline {
namespace {

using Outcome = task::FrameAnswer::Outcome;

// A checked card that the tracker can recognise, on grey, at (x, y); `size` is the picture's.
std::vector<std::byte> CardAt(int x, int y, int size = 256) {
  tensor::Image image = tensor::Image::Of(size, size);
  for (int row = 0; row < size; ++row) {
    for (int column = 0; column < size; ++column) {
      const bool on_card = column >= x && column < x + 80 && row >= y && row < y + 80;
      const int wave = static_cast<int>(60 * std::sin((column - x) * 0.19) +
                                        50 * std::cos((row - y) * 0.13 + (column - x) * 0.05));
      const auto level = static_cast<std::uint8_t>(on_card ? 128 + wave : 110);
      for (int channel = 0; channel < 3; ++channel) {
        image.Row(row)[std::size_t{3} * static_cast<std::size_t>(column) +
                       static_cast<std::size_t>(channel)] = level;
      }
    }
  }
  Result<std::vector<std::byte>> png = media::EncodePng(image);
  EXPECT_TRUE(png.has_value());
  return *std::move(png);
}

// A stream over fakes whose detector always finds one face at (80, 80), 80 px wide.
class EmotionStreamTest : public testing::Test {
 protected:
  EmotionStreamTest()
      : detector_(FakeDetector({{{20, 20, 20, 20}, 0.9F}})),
        classifier_(FakeClassifier()),
        detector_card_(FakeDetectorCard()),
        classifier_card_(FakeClassifierCard()),
        pipeline_(*EmotionPipeline::Open({Borrowed(detector_), detector_card_},
                                         {Borrowed(classifier_), classifier_card_}, clock_,
                                         threads_.Post())) {}

  void Open(const task::Options& options) {
    auto opened =
        pipeline_->OpenSession(options, {.stop = stop_.get_token()},
                               [this](task::FrameAnswer answer) { last_ = std::move(answer); });
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    session_ = *std::move(opened);
  }
  const task::FrameAnswer& Send(std::vector<std::byte> picture) {
    session_->Push({.id = ++id_, .timestamp_us = 0, .bytes = std::move(picture)});
    threads_.RunAll();
    return last_;
  }
  // "answered tracked ..." of a card that moves one pixel a frame.
  std::string Outcomes(int frames) {
    std::string outcomes;
    for (int i = 0; i < frames; ++i) {
      outcomes += (i == 0 ? "" : " ") + std::string(OutcomeName(Send(CardAt(80 + i, 80)).outcome));
    }
    return outcomes;
  }

  FakeClock clock_;
  ManualThreads threads_;
  model::FakeModel detector_;
  model::FakeModel classifier_;
  model::Card detector_card_;
  model::Card classifier_card_;
  std::unique_ptr<EmotionPipeline> pipeline_;
  std::stop_source stop_;
  task::FrameAnswer last_;
  std::unique_ptr<task::Session> session_;
  std::uint64_t id_ = 0;
};

TEST_F(EmotionStreamTest, TheDetectorSeesEveryNthFrame) {
  Open({{"detect_every", "3"}});
  EXPECT_EQ(Outcomes(7), "answered tracked tracked answered tracked tracked answered");
  EXPECT_EQ(detector_.submitted(), 3);
}

TEST_F(EmotionStreamTest, OnEveryFrameIfSo) {
  Open({{"detect_every", "1"}});
  EXPECT_EQ(Outcomes(3), "answered answered answered");
}

TEST_F(EmotionStreamTest, ClassifiesEveryNthFrameAndKeepsTheExpressionBetween) {
  Open({{"detect_every", "100"}, {"classify_every", "2"}});
  Outcomes(4);
  EXPECT_EQ(classifier_.submitted(), 2);
  ASSERT_EQ(last_.answer->faces.size(), 1U);
  EXPECT_EQ(last_.answer->faces[0].probabilities.size(), 2U);
}

TEST_F(EmotionStreamTest, FollowsAFaceAndKeepsItsIdentity) {
  Open({{"detect_every", "100"}});
  const std::uint64_t track = Send(CardAt(80, 80)).answer->faces.at(0).track;
  EXPECT_NE(track, 0U);
  for (int step = 1; step <= 8; ++step) Send(CardAt(80 + 2 * step, 80));
  ASSERT_EQ(last_.answer->faces.size(), 1U);
  EXPECT_EQ(last_.answer->faces[0].track, track);
  EXPECT_NEAR(last_.answer->faces[0].box.x, 96, 4);
  EXPECT_NEAR(last_.answer->faces[0].box.y, 80, 4);
}

TEST_F(EmotionStreamTest, AFrameThatShowsNothingNewHasTheAnswerBefore) {
  Open({{"detect_every", "1"}});
  Send(CardAt(80, 80));
  const task::FrameAnswer& same = Send(CardAt(80, 80));
  EXPECT_EQ(same.outcome, Outcome::kUnchanged);
  EXPECT_EQ(same.answer->faces.size(), 1U);
  EXPECT_EQ(detector_.submitted(), 1);
  EXPECT_EQ(Send(CardAt(120, 80)).outcome, Outcome::kAnswered);
}

TEST_F(EmotionStreamTest, WithoutTheGateEveryFrameCounts) {
  Open({{"detect_every", "1"}, {"change_gate", "0"}});
  Send(CardAt(80, 80));
  EXPECT_EQ(Send(CardAt(80, 80)).outcome, Outcome::kAnswered);
}

TEST_F(EmotionStreamTest, StartsOverWhenTheResolutionChanges) {
  Open({{"detect_every", "100"}});
  const std::uint64_t track = Send(CardAt(80, 80)).answer->faces.at(0).track;
  Send(CardAt(81, 80));
  const task::FrameAnswer& resized = Send(CardAt(80, 80, 320));
  EXPECT_EQ(resized.outcome, Outcome::kAnswered);
  EXPECT_EQ(resized.answer->image_width, 320);
  ASSERT_EQ(resized.answer->faces.size(), 1U);
  EXPECT_NE(resized.answer->faces[0].track, track);
}

TEST_F(EmotionStreamTest, GarbageFailsAndTheStreamGoesOn) {
  Open({{"detect_every", "2"}});
  Send(CardAt(80, 80));
  const task::FrameAnswer& garbage = Send(std::vector<std::byte>(1000));
  EXPECT_EQ(garbage.outcome, Outcome::kFailed);
  EXPECT_EQ(garbage.answer.error().code, Code::kInvalidArgument);
  EXPECT_EQ(Send(CardAt(81, 80)).outcome, Outcome::kTracked);
  EXPECT_EQ(Send(CardAt(82, 80)).outcome, Outcome::kAnswered);
}

TEST_F(EmotionStreamTest, ReadsThePictureBehindWhatCameBeforeIt) {
  Open({});
  std::vector<std::byte> message(11);
  const std::vector<std::byte> picture = CardAt(80, 80);
  message.insert(message.end(), picture.begin(), picture.end());
  session_->Push({.id = 1, .timestamp_us = 0, .bytes = message, .picture_at = 11});
  threads_.RunAll();
  EXPECT_EQ(last_.outcome, Outcome::kAnswered);
}

TEST_F(EmotionStreamTest, RefusesWrongOptions) {
  for (const task::Options& options :
       {task::Options{{"detect_every", "0"}}, task::Options{{"colour", "1"}},
        task::Options{{"change_gate", "2"}}, task::Options{{"detector_size", "65"}}}) {
    const auto opened = pipeline_->OpenSession(options, {}, [](const task::FrameAnswer&) {});
    ASSERT_FALSE(opened.has_value());
    EXPECT_EQ(opened.error().code, Code::kInvalidArgument);
  }
}

TEST_F(EmotionStreamTest, APhotographHasNoOptionsOfAStream) {
  const std::vector<std::byte> picture = CardAt(80, 80);
  EXPECT_FALSE(pipeline_->Run({picture, "", {{"detect_every", "2"}}}, {}).has_value());
}

}  // namespace
}  // namespace perigee::pipeline
