#include "serving/scheduler.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <tuple>

#include "serving/testing/scheduling.h"

namespace perigee::serving {
namespace {

using std::chrono::milliseconds;

TEST(Scheduler, RefusesWhenTheQueueIsFull) {
  Scheduler scheduler({.queue_max = 2});
  ASSERT_TRUE(Pushed(scheduler, {.id = 1}));
  ASSERT_TRUE(Pushed(scheduler, {.id = 2}));
  EXPECT_EQ(scheduler.Push({.id = 3}, kStart).error().code, Code::kResourceExhausted);
  EXPECT_EQ(scheduler.size(), 2U);
  EXPECT_EQ(Chosen(scheduler), Ids{1});
  EXPECT_TRUE(Pushed(scheduler, {.id = 3}));
}

TEST(Scheduler, KeepsRoomForOtherTenants) {
  Scheduler scheduler({.queue_max = 30});
  ASSERT_TRUE(Pushed(scheduler, {.id = 1000, .tenant = 1}));
  std::uint64_t taken = 0;
  while (Pushed(scheduler, {.id = taken, .tenant = 0})) ++taken;
  EXPECT_EQ(taken, 20U);
  const Error error = scheduler.Push({.id = 99, .tenant = 0}, kStart).error();
  EXPECT_EQ(error.code, Code::kResourceExhausted);
  EXPECT_NE(error.message.find("tenant"), std::string::npos);
  EXPECT_TRUE(Pushed(scheduler, {.id = 1001, .tenant = 1}));
}

TEST(Scheduler, GivesTheWholeQueueToATenantThatIsAlone) {
  Scheduler scheduler({.queue_max = 30});
  for (std::uint64_t id = 0; id < 30; ++id) ASSERT_TRUE(Pushed(scheduler, {.id = id}));
}

TEST(Scheduler, RunsTheEarliestDeadlineFirstAndEqualOnesInTurn) {
  Scheduler scheduler({.instances = 9});
  ASSERT_TRUE(Pushed(scheduler, {.id = 1}));
  ASSERT_TRUE(Pushed(scheduler, {.id = 2, .deadline = At(50)}));
  ASSERT_TRUE(Pushed(scheduler, {.id = 3, .deadline = At(20)}));
  ASSERT_TRUE(Pushed(scheduler, {.id = 4, .deadline = At(20)}));
  ASSERT_TRUE(Pushed(scheduler, {.id = 5}));
  for (const std::uint64_t id : {3, 4, 2, 1, 5}) EXPECT_EQ(Chosen(scheduler), Ids{id});
  EXPECT_TRUE(Chosen(scheduler).empty());
}

TEST(Scheduler, FillsABatchWithWhatFitsAndLeavesTheRest) {
  Scheduler scheduler({.instances = 2, .batch_max = 8});
  ASSERT_TRUE(Pushed(scheduler, {.id = 1, .rows = 3}));
  ASSERT_TRUE(Pushed(scheduler, {.id = 2, .rows = 6}));
  ASSERT_TRUE(Pushed(scheduler, {.id = 3, .rows = 5}));
  const Decision decision = Decided(scheduler);
  EXPECT_EQ(decision.run, (Ids{1, 3}));
  EXPECT_EQ(decision.rows, 8);
  EXPECT_EQ(Chosen(scheduler), Ids{2});
}

TEST(Scheduler, GrowsABatchOnlyAsFarAsItsFirstDeadlineAllows) {
  Scheduler scheduler({.batch_max = 8});
  Seed(scheduler);
  ASSERT_TRUE(Pushed(scheduler, {.id = 1, .deadline = At(36)}));
  for (std::uint64_t id = 2; id < 6; ++id) {
    ASSERT_TRUE(Pushed(scheduler, {.id = id, .deadline = At(400)}));
  }
  EXPECT_EQ(Chosen(scheduler), (Ids{1, 2, 3}));  // 35 ms; a fourth would take 40
}

TEST(Scheduler, NeverMixesShapes) {
  Scheduler scheduler({.instances = 2, .batch_max = 8});
  ASSERT_TRUE(Pushed(scheduler, {.id = 1, .shape_key = 7}));
  ASSERT_TRUE(Pushed(scheduler, {.id = 2, .shape_key = 9}));
  ASSERT_TRUE(Pushed(scheduler, {.id = 3, .shape_key = 7}));
  EXPECT_EQ(Chosen(scheduler), (Ids{1, 3}));
  EXPECT_EQ(Chosen(scheduler), Ids{2});
}

TEST(Scheduler, RunsARequestWithMoreRowsThanABatchAlone) {
  Scheduler scheduler({.instances = 2, .wait_max = milliseconds(5)});
  ASSERT_TRUE(Pushed(scheduler, {.id = 1, .rows = 8}));
  ASSERT_TRUE(Pushed(scheduler, {.id = 2, .rows = 1}));
  EXPECT_EQ(Chosen(scheduler), Ids{1});
  EXPECT_EQ(Chosen(scheduler), Ids{2});
}

TEST(Scheduler, HoldsABatchBackUntilItsFirstHasWaitedOrItIsFull) {
  Scheduler scheduler({.instances = 3, .batch_max = 2, .wait_max = milliseconds(5)});
  ASSERT_TRUE(Pushed(scheduler, {.id = 1}));
  const Decision held = Decided(scheduler, At(1));
  EXPECT_TRUE(held.run.empty());
  EXPECT_EQ(held.wake, At(5));
  EXPECT_EQ(Chosen(scheduler, At(5)), Ids{1});
  ASSERT_TRUE(Pushed(scheduler, {.id = 2}, At(6)));
  ASSERT_TRUE(Pushed(scheduler, {.id = 3}, At(7)));
  EXPECT_EQ(Chosen(scheduler, At(7)), (Ids{2, 3}));
  EXPECT_EQ(Decided(scheduler, At(8)).wake, kNever);
}

TEST(Scheduler, DoesNotHoldBackWhoWouldBeLateThen) {
  Scheduler scheduler({.batch_max = 2, .wait_max = milliseconds(5)});
  Seed(scheduler);
  ASSERT_TRUE(Pushed(scheduler, {.id = 1, .deadline = At(29)}));
  EXPECT_EQ(Chosen(scheduler), Ids{1});
}

TEST(Scheduler, HoldsNobodyBackIfOthersWouldThenBeLate) {
  Scheduler scheduler({.batch_max = 4, .wait_max = milliseconds(5)});
  Seed(scheduler);
  ASSERT_TRUE(Pushed(scheduler, {.id = 1, .shape_key = 7, .deadline = At(31)}));
  ASSERT_TRUE(Pushed(scheduler, {.id = 2, .shape_key = 9, .deadline = At(52)}));
  EXPECT_EQ(Chosen(scheduler), Ids{1});  // at 5 the second could no longer follow in time
}

TEST(Scheduler, AFullBatchOfOneShapeDoesNotWaitForTheFirstOfAnother) {
  Scheduler scheduler({.instances = 2, .batch_max = 2, .wait_max = milliseconds(5)});
  ASSERT_TRUE(Pushed(scheduler, {.id = 1, .shape_key = 7}));
  ASSERT_TRUE(Pushed(scheduler, {.id = 2, .shape_key = 9}));
  ASSERT_TRUE(Pushed(scheduler, {.id = 3, .shape_key = 9}));
  EXPECT_EQ(Chosen(scheduler), (Ids{2, 3}));
  EXPECT_EQ(Chosen(scheduler, At(5)), Ids{1});
}

TEST(Scheduler, GoesBackToTheFirstIfTheFullBatchWouldMakeItLate) {
  Scheduler scheduler({.batch_max = 2, .wait_max = milliseconds(5)});
  Seed(scheduler);
  ASSERT_TRUE(Pushed(scheduler, {.id = 1, .shape_key = 7, .deadline = At(40)}));
  ASSERT_TRUE(Pushed(scheduler, {.id = 2, .shape_key = 9, .deadline = At(300)}));
  ASSERT_TRUE(Pushed(scheduler, {.id = 3, .shape_key = 9, .deadline = At(300)}));
  EXPECT_EQ(Chosen(scheduler), Ids{1});
}

TEST(Scheduler, RunsTheBatchWithTheMostValueASecondWhenNotAllCanBeInTime) {
  Scheduler scheduler({.batch_max = 8});
  Seed(scheduler);
  // Alone 1 could be in time, but not as one of eight, and eight are worth more a second.
  ASSERT_TRUE(Pushed(scheduler, {.id = 1, .deadline = At(30)}));
  for (std::uint64_t id = 2; id < 10; ++id) {
    ASSERT_TRUE(Pushed(scheduler, {.id = id, .deadline = At(61)}));
  }
  EXPECT_EQ(Chosen(scheduler), (Ids{2, 3, 4, 5, 6, 7, 8, 9}));
}

TEST(Scheduler, PrefersHighPriorityWhenNotAllCanBeInTime) {
  for (const auto& [first, second, runs] :
       {std::tuple(task::Priority::kNormal, task::Priority::kHigh, 2U),
        std::tuple(task::Priority::kLow, task::Priority::kNormal, 2U),
        std::tuple(task::Priority::kNormal, task::Priority::kNormal, 1U),
        std::tuple(task::Priority::kHigh, task::Priority::kLow, 1U)}) {
    Scheduler scheduler({});
    Seed(scheduler);
    ASSERT_TRUE(Pushed(scheduler, {.id = 1, .deadline = At(30), .priority = first}));
    ASSERT_TRUE(Pushed(scheduler, {.id = 2, .deadline = At(40), .priority = second}));
    EXPECT_EQ(Chosen(scheduler), Ids{runs});
  }
}

TEST(Scheduler, LooksAtNoPriorityWhileAllCanBeInTime) {
  Scheduler scheduler({});
  Seed(scheduler);
  ASSERT_TRUE(Pushed(scheduler, {.id = 1, .deadline = At(50), .priority = task::Priority::kLow}));
  ASSERT_TRUE(Pushed(scheduler, {.id = 2, .deadline = At(60), .priority = task::Priority::kHigh}));
  EXPECT_EQ(Chosen(scheduler), Ids{1});
}

TEST(Scheduler, LetsNoDeadlineWaitForThoseThatHaveOne) {
  Scheduler scheduler({.instances = 2});
  Seed(scheduler);
  ASSERT_TRUE(Pushed(scheduler, {.id = 1}));
  ASSERT_TRUE(Pushed(scheduler, {.id = 2, .deadline = At(100)}));
  EXPECT_EQ(Chosen(scheduler), Ids{2});
  EXPECT_EQ(Chosen(scheduler), Ids{1});
}

// One instance that is asked for more than it can do, by requests with deadlines; what waits
// without one still gets its turn, but no more than a quarter of the time.
TEST(Scheduler, NeitherStarvesWhatHasNoDeadlineNorLetsItStarveOthers) {
  Scheduler scheduler({});
  Seed(scheduler);
  std::uint64_t id = 1000;
  for (std::uint64_t i = 0; i < 100; ++i) ASSERT_TRUE(Pushed(scheduler, {.id = i}));
  int patient = 0;
  for (int ms = 0; ms < 10'000; ms += 25) {
    for (int i = 0; i < 2; ++i) {
      ASSERT_TRUE(Pushed(scheduler, {.id = ++id, .deadline = At(ms + 49)}, At(ms)));
    }
    const Ids ran = Chosen(scheduler, At(ms));
    ASSERT_EQ(ran.size(), 1U);
    if (ran.front() < 1000) ++patient;
    scheduler.Finish(At(ms), 1, At(ms + 25), true);
  }
  EXPECT_GE(patient, 70);   // of 400 runs, from the second second on
  EXPECT_LE(patient, 101);  // a quarter
}

TEST(Scheduler, AlternatesTenantsAmongThoseWithoutADeadline) {
  Scheduler scheduler({.instances = 40, .queue_max = 100});
  Seed(scheduler);
  for (std::uint64_t id = 0; id < 20; ++id) ASSERT_TRUE(Pushed(scheduler, {.id = id}));
  for (std::uint64_t id = 100; id < 105; ++id) {
    ASSERT_TRUE(Pushed(scheduler, {.id = id, .tenant = 1}));
  }
  for (std::uint64_t id = 20; id < 40; ++id) ASSERT_TRUE(Pushed(scheduler, {.id = id}));
  for (std::uint64_t id = 105; id < 108; ++id) {
    ASSERT_TRUE(Pushed(scheduler, {.id = id, .tenant = 1}));
  }
  int others = 0;
  for (int i = 0; i < 40; ++i) others += Chosen(scheduler).front() >= 100 ? 1 : 0;
  EXPECT_EQ(others, 8);  // all of the modest one, though it came behind twenty and forty
}

TEST(Scheduler, RemovesOnceAndClears) {
  Scheduler scheduler({});
  ASSERT_TRUE(Pushed(scheduler, {.id = 1}));
  ASSERT_TRUE(Pushed(scheduler, {.id = 2}));
  EXPECT_TRUE(scheduler.Remove(1));
  EXPECT_FALSE(scheduler.Remove(1));
  Ids ids;
  scheduler.Clear(ids);
  EXPECT_EQ(ids, Ids{2});
  EXPECT_EQ(scheduler.size(), 0U);
  EXPECT_TRUE(Chosen(scheduler).empty());
}

}  // namespace
}  // namespace perigee::serving
