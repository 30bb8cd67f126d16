// What a scheduler promises by its profile: admission, early drops, trying all the same,
// predictions.
#include <gtest/gtest.h>

#include <chrono>

#include "serving/scheduler.h"
#include "serving/testing/scheduling.h"

namespace perigee::serving {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Scheduler, RefusesWhatIsLateOnArrival) {
  Scheduler scheduler({});
  EXPECT_EQ(scheduler.Push({.id = 1, .deadline = kStart}, kStart).error().code,
            Code::kDeadlineExceeded);
  EXPECT_EQ(scheduler.size(), 0U);
}

TEST(Scheduler, RefusesWhatCannotFinishBehindWhatRuns) {
  Scheduler scheduler({.batch_max = 8});
  Seed(scheduler);
  ASSERT_TRUE(Pushed(scheduler, {.id = 1}));
  ASSERT_EQ(Chosen(scheduler), Ids{1});  // until 25
  EXPECT_EQ(scheduler.Push({.id = 2, .deadline = At(49)}, kStart).error().code,
            Code::kDeadlineExceeded);
  EXPECT_TRUE(Pushed(scheduler, {.id = 3, .deadline = At(50)}));
  EXPECT_FALSE(Pushed(scheduler, {.id = 4, .rows = 3, .deadline = At(59)}));
  EXPECT_TRUE(Pushed(scheduler, {.id = 5, .rows = 3, .deadline = At(60)}));
}

TEST(Scheduler, CountsOnTheInstanceThatIsFreeFirst) {
  Scheduler scheduler({.instances = 2, .batch_max = 8});
  Seed(scheduler);
  ASSERT_TRUE(Pushed(scheduler, {.id = 1, .rows = 8}));
  ASSERT_EQ(Chosen(scheduler), Ids{1});  // until 60
  EXPECT_TRUE(Pushed(scheduler, {.id = 2, .deadline = At(25)}));
  ASSERT_EQ(Chosen(scheduler), Ids{2});  // until 25
  EXPECT_FALSE(Pushed(scheduler, {.id = 3, .deadline = At(49)}));
  EXPECT_TRUE(Pushed(scheduler, {.id = 4, .deadline = At(50)}));
  scheduler.Finish(kStart, 1, At(10), true);
  EXPECT_TRUE(Pushed(scheduler, {.id = 5, .deadline = At(36)}, At(10)));
}

TEST(Scheduler, RefusesNothingOnAGuess) {
  Scheduler scheduler({});
  EXPECT_TRUE(Pushed(scheduler, {.id = 1, .deadline = At(1)}));
  EXPECT_EQ(Chosen(scheduler), Ids{1});
}

TEST(Scheduler, DropsExactlyWhatCanNoLongerBeInTime) {
  Scheduler scheduler({.batch_max = 8});
  Seed(scheduler);
  ASSERT_TRUE(Pushed(scheduler, {.id = 1, .deadline = At(60)}));
  ASSERT_TRUE(Pushed(scheduler, {.id = 2, .deadline = At(80)}));
  ASSERT_TRUE(Pushed(scheduler, {.id = 3, .rows = 8, .deadline = At(80)}));
  ASSERT_TRUE(Pushed(scheduler, {.id = 4}));
  EXPECT_TRUE(Expired(scheduler, At(20)).empty());
  EXPECT_EQ(Expired(scheduler, At(21)), Ids{3});
  EXPECT_EQ(Expired(scheduler, At(36)), Ids{1});
  EXPECT_EQ(Expired(scheduler, At(56)), Ids{2});
  EXPECT_TRUE(Expired(scheduler, At(100'000)).empty());
  EXPECT_EQ(scheduler.size(), 1U);
}

TEST(Scheduler, SaysWhenTheNextWillHaveLostItsChance) {
  Scheduler scheduler({.batch_max = 8});
  Seed(scheduler);
  ASSERT_TRUE(Pushed(scheduler, {.id = 1, .deadline = At(90)}));
  ASSERT_TRUE(Pushed(scheduler, {.id = 2, .rows = 8, .deadline = At(100)}));
  Decision decision;
  scheduler.Expire(kStart, decision);
  EXPECT_EQ(decision.wake, At(40) + Duration(1));
  EXPECT_TRUE(Expired(scheduler, decision.wake - Duration(1)).empty());
  EXPECT_EQ(Expired(scheduler, decision.wake), Ids{2});
}

TEST(Scheduler, TriesOneAllTheSameWhereTheProfileRefusesEverything) {
  Scheduler scheduler({});
  scheduler.profile().Seed({{1, seconds(9), seconds(9)}});  // an estimate that is far too high
  ASSERT_TRUE(Pushed(scheduler, {.id = 1, .deadline = At(100)}));
  EXPECT_FALSE(Pushed(scheduler, {.id = 2, .deadline = At(100)}));
  EXPECT_EQ(Chosen(scheduler), Ids{1});
  scheduler.Finish(kStart, 1, At(10), true);
  EXPECT_TRUE(Pushed(scheduler, {.id = 3, .deadline = At(9000)}, At(11)));
}

TEST(Scheduler, TriesNoMoreThanATwentiethOfTheTime) {
  Scheduler scheduler({});
  Seed(scheduler);
  ASSERT_TRUE(Pushed(scheduler, {.id = 1, .deadline = At(24)}));
  ASSERT_EQ(Chosen(scheduler), Ids{1});
  scheduler.Finish(kStart, 1, At(25), true);
  EXPECT_FALSE(Pushed(scheduler, {.id = 2, .deadline = At(1040)}, At(1020)));
  EXPECT_TRUE(Pushed(scheduler, {.id = 3, .deadline = At(1045)}, At(1025)));
}

TEST(Scheduler, LearnsOnlyFromRunsThatRanToTheirEnd) {
  Scheduler scheduler({});
  ASSERT_TRUE(Pushed(scheduler, {.id = 1}));
  ASSERT_EQ(Chosen(scheduler), Ids{1});
  scheduler.Finish(kStart, 1, At(3), false);
  EXPECT_FALSE(scheduler.profile().known());
  ASSERT_TRUE(Pushed(scheduler, {.id = 2}, At(4)));
  ASSERT_EQ(Chosen(scheduler, At(4)), Ids{2});
  scheduler.Finish(At(4), 1, At(34), true);
  EXPECT_NEAR(ToMilliseconds(scheduler.profile().P95(1)), 30, 0.01);
}

TEST(Scheduler, PredictsNothingUntilItKnowsSomething) {
  EXPECT_EQ(Scheduler({}).Predict(kStart, task::kUsualBudget).valid_for, Duration::zero());
}

TEST(Scheduler, PredictsWhatIsLeftOfTheRunAndTheRunItself) {
  Scheduler scheduler({});
  Seed(scheduler);
  EXPECT_EQ(scheduler.Predict(kStart, task::kUsualBudget).wait, Duration::zero());
  EXPECT_NEAR(ToMilliseconds(scheduler.Predict(kStart, task::kUsualBudget).service), 25, 0.01);
  ASSERT_TRUE(Pushed(scheduler, {.id = 1, .deadline = At(100)}));
  ASSERT_EQ(Chosen(scheduler), Ids{1});
  const task::Hint hint = scheduler.Predict(At(5), milliseconds(100));
  EXPECT_NEAR(ToMilliseconds(hint.wait), 20, 0.01);
  EXPECT_NEAR(ToMilliseconds(hint.valid_for), 10, 0.01);
}

}  // namespace
}  // namespace perigee::serving
