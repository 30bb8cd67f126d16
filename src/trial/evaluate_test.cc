#include "trial/evaluate.h"

#include <gtest/gtest.h>

#include <barrier>
#include <fstream>

#include "base/testing/fake_clock.h"
#include "task/testing/fake_task.h"

namespace perigee::trial {
namespace {

namespace fs = std::filesystem;

task::Face FaceOf(const std::string& emotion, float side) {
  task::Face face;
  face.box = {0, 0, side, side};
  face.emotion = emotion;
  return face;
}

// "happy 50 sad 20" is a photograph with two faces; "broken" is none; "" is one without faces.
Result<task::Answer> ReadFaces(const task::Payload& payload, const task::Context&) {
  const std::string text(reinterpret_cast<const char*>(payload.bytes.data()), payload.bytes.size());
  if (text == "broken") return Fail(InvalidArgument("decode jpeg: 6 bytes, no header"));
  task::Answer answer;
  std::istringstream words(text);
  std::string emotion;
  float side = 0;
  while (words >> emotion >> side) answer.faces.push_back(FaceOf(emotion, side));
  return answer;
}

class Evaluating : public testing::Test {
 protected:
  Evaluating() {
    options_.folder = fs::path(testing::TempDir()) /
                      testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::remove_all(options_.folder);
    options_.labels = {"neutral", "happy", "sad", "angry"};
  }
  void TearDown() override { fs::remove_all(options_.folder); }

  void Put(const std::string& name, const std::string& text) const {
    fs::create_directories((options_.folder / name).parent_path());
    std::ofstream(options_.folder / name) << text;
  }
  Result<Evaluation> Run() { return Evaluate(task_, options_, clock_, {}); }

  EvaluateOptions options_;
  FakeClock clock_;
  task::FakeTask task_{ReadFaces};
};

TEST_F(Evaluating, CountsWhatWasRightOverFoundAndOverAll) {
  Put("happy/1.jpg", "happy 50");
  Put("happy/2.jpg", "sad 50");
  Put("happy/3.jpg", "");
  Put("sad/1.png", "sad 50");
  const auto evaluation = Run();
  ASSERT_TRUE(evaluation.has_value()) << evaluation.error().message;
  EXPECT_EQ(evaluation->photos, 4u);
  EXPECT_EQ(evaluation->no_face, 1u);
  EXPECT_EQ(evaluation->accuracy_found, 2.0 / 3);
  EXPECT_EQ(evaluation->accuracy_all, 0.5);
  EXPECT_EQ(evaluation->confusion[1], (std::vector<std::uint64_t>{0, 1, 1, 0}));
  EXPECT_EQ(evaluation->classes[1].recall, 0.5);
  EXPECT_EQ(evaluation->classes[2].precision, 0.5);
  EXPECT_FALSE(evaluation->classes[3].precision.has_value());
  EXPECT_FALSE(evaluation->classes[3].recall.has_value());
}

TEST_F(Evaluating, JudgesTheLargestFace) {
  Put("angry/1.jpg", "happy 20 angry 60 sad 40");
  const auto evaluation = Run();
  ASSERT_TRUE(evaluation.has_value());
  EXPECT_EQ(evaluation->correct, 1u);
}

TEST_F(Evaluating, ListsUnreadablePhotographsByNameAndGoesOn) {
  Put("sad/b.jpg", "broken");
  Put("sad/a.jpg", "sad 10");
  Put("sad/large.jpg", std::string(2000, 'x'));
  options_.photo_bytes_max = 1000;
  const auto evaluation = Run();
  ASSERT_TRUE(evaluation.has_value());
  EXPECT_EQ(evaluation->faces, 1u);
  ASSERT_EQ(evaluation->unanswered.size(), 2u);
  EXPECT_EQ(evaluation->unanswered[0].photo, "sad/b.jpg");
  EXPECT_EQ(evaluation->unanswered[0].error.message, "decode jpeg: 6 bytes, no header");
  EXPECT_EQ(evaluation->unanswered[1].error.message,
            "read photograph: 2000 bytes are more than 1000");
}

TEST_F(Evaluating, GivesTheFirstErrorWhenNothingWasAnswered) {
  Put("sad/b.jpg", "sad 10");
  task::FakeTask down([](const task::Payload&, const task::Context&) -> Result<task::Answer> {
    return Fail(Unavailable("connect: refused"));
  });
  const auto evaluation = Evaluate(down, options_, clock_, {});
  ASSERT_FALSE(evaluation.has_value());
  EXPECT_EQ(evaluation.error().code, Code::kUnavailable);
  EXPECT_EQ(evaluation.error().message, "evaluate sad/b.jpg: connect: refused");
}

TEST_F(Evaluating, KeepsSeveralPhotographsInFlight) {
  for (const char* name : {"1", "2", "3"}) Put("sad/" + std::string(name) + ".jpg", "sad 1");
  std::barrier together(3);  // passes only when three are in flight
  task::FakeTask waiting([&](const task::Payload& payload, const task::Context& context) {
    together.arrive_and_wait();
    return ReadFaces(payload, context);
  });
  options_.threads = 3;
  const auto evaluation = Evaluate(waiting, options_, clock_, {});
  ASSERT_TRUE(evaluation.has_value());
  EXPECT_EQ(evaluation->correct, 3u);
}

TEST_F(Evaluating, PassesOptionsDeadlineAndStop) {
  Put("sad/1.jpg", "sad 1");
  options_.options = {{"min_score", "0.7"}};
  std::stop_source stop;
  task::FakeTask looking([&](const task::Payload& payload, const task::Context& context) {
    EXPECT_EQ(payload.options.at("min_score"), "0.7");
    EXPECT_EQ(context.deadline - clock_.Now(), options_.timeout);
    stop.request_stop();
    EXPECT_TRUE(context.stop.stop_requested());
    return ReadFaces(payload, context);
  });
  EXPECT_EQ(Evaluate(looking, options_, clock_, stop.get_token()).error().code, Code::kCancelled);
  EXPECT_EQ(looking.runs(), 1);
}

TEST_F(Evaluating, ReportsAnAnswerOutsideTheLabels) {
  Put("sad/1.jpg", "bored 10");
  Put("sad/2.jpg", "sad 10");
  const auto evaluation = Run();
  ASSERT_TRUE(evaluation.has_value());
  ASSERT_EQ(evaluation->unanswered.size(), 1u);
  EXPECT_EQ(evaluation->unanswered[0].error.code, Code::kInternal);
}

TEST_F(Evaluating, RefusesOptionsThatMakeNoSense) {
  Put("sad/1.jpg", "sad 10");
  options_.threads = 0;
  EXPECT_EQ(Run().error().code, Code::kInvalidArgument);
  options_.threads = 1;
  options_.labels.clear();
  EXPECT_EQ(Run().error().message, "evaluate: the task has no labels");
}

}  // namespace
}  // namespace perigee::trial
