#include "serving/run_watch.h"

#include <gtest/gtest.h>

namespace perigee::serving {
namespace {

using std::chrono::milliseconds;
using Act = RunVerdict::Act;

const TimePoint kStart = TimePoint(std::chrono::hours(1));
constexpr Duration kRunMax = milliseconds(1000);

TimePoint At(int ms) { return kStart + milliseconds(ms); }

std::unique_ptr<Batch> Running(const std::vector<TimePoint>& deadlines) {
  auto batch = std::make_unique<Batch>();
  batch->Renew(kStart);
  for (const TimePoint deadline : deadlines) {
    batch->requests.push_back(std::make_unique<Request>());
    batch->requests.back()->deadline = deadline;
  }
  return batch;
}

std::unique_ptr<Batch> Stopping(int since_ms) {
  auto batch = Running({kNever});
  batch->stopping = true;
  batch->stopping_since = At(since_ms);
  return batch;
}

TEST(RunWatch, ARunGoesOnWhileSomebodyWaitsForIt) {
  const auto batch = Running({At(10), At(50)});
  const RunVerdict verdict = Judge(*batch, At(10), kRunMax);
  EXPECT_EQ(verdict.act, Act::kNothing);
  EXPECT_EQ(verdict.next, At(50));
}

TEST(RunWatch, ARunIsStoppedWhenTheLastDeadlineOfThoseWhoStayHasPassed) {
  const auto batch = Running({At(10), At(50)});
  EXPECT_EQ(Judge(*batch, At(50), kRunMax).act, Act::kStop);
  EXPECT_TRUE(Judge(*batch, At(50), kRunMax).late);
  batch->requests[1]->stopped = true;
  EXPECT_EQ(Judge(*batch, At(10), kRunMax).act, Act::kStop);
}

TEST(RunWatch, ARunIsStoppedWhenItTakesTooLong) {
  const auto batch = Running({kNever});
  EXPECT_EQ(Judge(*batch, At(999), kRunMax).next, At(1000));
  const RunVerdict verdict = Judge(*batch, At(1000), kRunMax);
  EXPECT_EQ(verdict.act, Act::kStop);
  EXPECT_FALSE(verdict.late);
  EXPECT_EQ(Judge(*batch, At(1'000'000), Duration::zero()).act, Act::kNothing);
  EXPECT_EQ(Judge(*batch, At(1'000'000), Duration::zero()).next, kNever);
}

TEST(RunWatch, AStopHasAGrace) {
  const auto batch = Stopping(100);
  batch->hold = Batch::Hold::kLent;
  EXPECT_EQ(Judge(*batch, At(100), kRunMax).next, At(100) + kStopGrace);
  EXPECT_EQ(Judge(*batch, At(100) + kStopGrace, kRunMax).act, Act::kTakeCallers);
}

TEST(RunWatch, CallersWhoseMemoryIsReadAreNotTaken) {
  const auto batch = Stopping(100);
  EXPECT_EQ(Judge(*batch, At(500), kRunMax).act, Act::kNothing);
  EXPECT_EQ(Judge(*batch, At(500), kRunMax).next, At(1000));
}

TEST(RunWatch, AnInstanceIsGivenUpOnceWhenItsRunIsOverlongAndHeedsNoStop) {
  const auto batch = Stopping(1000);
  batch->hold = Batch::Hold::kTaken;
  const TimePoint later = At(1000) + kStopGrace;
  EXPECT_EQ(Judge(*batch, later, kRunMax).act, Act::kGiveUpInstance);
  EXPECT_EQ(Judge(*batch, later, Duration::zero()).act, Act::kNothing);
  batch->hung = true;
  EXPECT_EQ(Judge(*batch, later, kRunMax).act, Act::kNothing);
  EXPECT_EQ(Judge(*batch, later, kRunMax).next, kNever);
}

}  // namespace
}  // namespace perigee::serving
