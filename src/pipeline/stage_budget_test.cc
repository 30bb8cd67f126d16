#include "pipeline/stage_budget.h"

#include <gtest/gtest.h>

#include <array>
#include <chrono>

#include "base/testing/fake_clock.h"

namespace perigee::pipeline {
namespace {

using namespace std::chrono_literals;

class QueuedModel final : public model::Model {
 public:
  const model::Description& description() const override { return description_; }
  void Submit(const model::Tensors&, const task::Context&, Done) override {}
  model::Statistics statistics() const override { return {}; }
  task::Hint hint(Duration /*budget*/) const override { return next; }
  task::Hint next;

 private:
  model::Description description_;
};

class StageBudgetTest : public testing::Test {
 protected:
  // Runs through all stages; how far it came, and the deadlines that they were given.
  std::size_t Run(std::array<Duration, 3> took, const task::Context& context = {}) {
    StageBudget::Run run(budget_, context);
    deadlines_.clear();
    for (const Duration duration : took) {
      const Result<task::Context> stage = run.Begin();
      if (!stage) {
        error_ = stage.error();
        return deadlines_.size();
      }
      deadlines_.push_back(stage->deadline);
      clock_.Advance(duration);
      run.End();
    }
    return deadlines_.size();
  }

  FakeClock clock_;
  QueuedModel detector_;
  double ahead_ = 0;
  StageBudget budget_{
      {{"decode"}, {"detect", &detector_}, {"classify"}}, [this] { return ahead_; }, clock_};
  std::vector<TimePoint> deadlines_;
  Error error_;
};

TEST_F(StageBudgetTest, PredictsNothingBeforeItHasSeenARun) {
  EXPECT_EQ(budget_.hint(task::kUsualBudget).valid_for, 0ns);
  Run({2ms, 10ms, 4ms});
  EXPECT_EQ(budget_.hint(task::kUsualBudget).service, 16ms);
  EXPECT_EQ(budget_.hint(task::kUsualBudget).wait, 0ns);
  EXPECT_EQ(budget_.hint(task::kUsualBudget).valid_for, 16ms);
}

TEST_F(StageBudgetTest, FollowsWhatRunsTake) {
  Run({2ms, 10ms, 4ms});
  for (int i = 0; i < 40; ++i) Run({2ms, 30ms, 4ms});
  EXPECT_NEAR(ToMilliseconds(budget_.hint(task::kUsualBudget).service), 36, 0.5);
}

TEST_F(StageBudgetTest, KeepsTheWaitInAQueueApartFromTheWork) {
  detector_.next = {.wait = 20ms, .service = 10ms, .valid_for = 50ms};
  Run({2ms, 30ms, 4ms});
  EXPECT_EQ(budget_.hint(task::kUsualBudget).service, 16ms);
  EXPECT_EQ(budget_.hint(task::kUsualBudget).wait, 20ms);
  detector_.next.wait = 5ms;
  EXPECT_EQ(budget_.hint(task::kUsualBudget).wait, 5ms);
}

TEST_F(StageBudgetTest, CountsTheRunsAheadOnTheThreads) {
  Run({2ms, 10ms, 4ms});
  ahead_ = 1.5;
  EXPECT_EQ(budget_.hint(task::kUsualBudget).wait, 24ms);
  EXPECT_EQ(budget_.hint(task::kUsualBudget).service, 16ms);
}

TEST_F(StageBudgetTest, EachStageLeavesTimeForThoseBehindIt) {
  for (int i = 0; i < 60; ++i) Run({2ms, 10ms, 4ms});  // steady, so that deviations vanish
  const TimePoint end = clock_.Now() + 100ms;
  ASSERT_EQ(Run({2ms, 10ms, 4ms}, {.deadline = end}), 3U);
  EXPECT_NEAR(ToMilliseconds(end - deadlines_[0]), 14, 0.1);
  EXPECT_NEAR(ToMilliseconds(end - deadlines_[1]), 4, 0.1);
  EXPECT_EQ(deadlines_[2], end);
  ASSERT_EQ(Run({2ms, 10ms, 4ms}), 3U);
  EXPECT_EQ(deadlines_[0], kNever);
}

TEST_F(StageBudgetTest, ReservesMoreWhereTimesVary) {
  for (int i = 0; i < 40; ++i) Run({2ms, i % 2 == 0 ? 5ms : 15ms, 4ms});
  const TimePoint end = clock_.Now() + 100ms;
  Run({2ms, 10ms, 4ms}, {.deadline = end});
  EXPECT_GT(end - deadlines_[0], 22ms);
}

TEST_F(StageBudgetTest, DoesNotBeginAStageThatLeavesNoTime) {
  for (int i = 0; i < 60; ++i) Run({2ms, 10ms, 4ms});
  EXPECT_EQ(Run({9ms, 10ms, 4ms}, {.deadline = clock_.Now() + 12ms}), 0U);
  EXPECT_EQ(error_.code, Code::kDeadlineExceeded);
  EXPECT_EQ(Run({9ms, 10ms, 4ms}, {.deadline = clock_.Now() + 15ms}), 2U);
  EXPECT_EQ(Run({30ms, 10ms, 4ms}, {.deadline = clock_.Now() + 25ms}), 1U);
}

TEST_F(StageBudgetTest, DoubtsAReserveThatRefusesAll) {
  Run({2ms, 1s, 1s});
  int refused = 0;
  while (Run({2ms, 10ms, 4ms}, {.deadline = clock_.Now() + 100ms}) < 3 && refused < 200) ++refused;
  EXPECT_GT(refused, 0);
  EXPECT_LT(refused, 100);
}

TEST_F(StageBudgetTest, DoesNotBeginAStageOfACallerWhoLeft) {
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(Run({1ms, 1ms, 1ms}, {.stop = stop.get_token()}), 0U);
  EXPECT_EQ(error_.code, Code::kCancelled);
}

}  // namespace
}  // namespace perigee::pipeline
