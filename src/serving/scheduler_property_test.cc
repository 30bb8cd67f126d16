// Random traces against what must hold for all: nothing lost, nothing answered twice, nothing
// started that cannot finish, order within a tenant, bounds, the same decisions again.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <random>

#include "serving/scheduler.h"
#include "serving/trace_recorder.h"

namespace perigee::serving {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr TimePoint kStart{std::chrono::hours(1)};

struct Known {
  QueuedRequest request;
  std::uint64_t turn = 0;  // in which it came
  bool probe = false;
};

// Does what a Backlog does, at random, and looks at every answer.
class RandomDriver {
 public:
  explicit RandomDriver(unsigned seed)
      : random_(seed),
        options_{.instances = 1 + Draw(3),
                 .batch_max = 1 + Draw(12),
                 .wait_max = milliseconds(Draw(2) * Draw(8)),
                 .queue_max = 4 + Draw(60),
                 .rows_max = 16},
        scheduler_(options_) {
    scheduler_.profile().Seed(
        {{1, milliseconds(6), milliseconds(6)}, {16, milliseconds(21), milliseconds(21)}});
  }

  void Step() {
    now_ += microseconds(Draw(4000));
    EndRuns();
    if (Draw(3) > 0) Push();
    if (Draw(16) == 0 && !waiting_.empty()) Remove();
    Ask();
    ASSERT_EQ(scheduler_.size(), waiting_.size());
    ASSERT_LE(scheduler_.size(), static_cast<std::size_t>(options_.queue_max));
  }

  // All that still waits comes out, once.
  void End() {
    std::vector<std::uint64_t> ids;
    scheduler_.Clear(ids);
    for (const std::uint64_t id : ids) Answered(id);
    EXPECT_TRUE(waiting_.empty());
    EXPECT_EQ(scheduler_.size(), 0U);
  }

  std::uint64_t hash() const { return hash_.digest(); }
  std::uint64_t runs() const { return runs_; }
  std::uint64_t drops() const { return drops_; }

 private:
  struct Running {
    TimePoint started;
    TimePoint ends;
    int rows;
  };

  int Draw(int n) { return static_cast<int>(random_() % static_cast<unsigned>(n)); }

  void Push() {
    QueuedRequest request;
    request.id = ++id_last_;
    request.rows = Draw(5) == 0 ? 1 + Draw(16) : 1;
    request.shape_key = Draw(6) == 0 ? 1 : 0;
    // Few different budgets at round times, so that equal deadlines happen.
    constexpr std::array<int, 4> kBudgets = {15, 40, 150, 0};
    const int budget = kBudgets[static_cast<std::size_t>(Draw(4))];
    const auto whole = std::chrono::floor<milliseconds>(now_);
    if (budget > 0) request.deadline = whole + milliseconds(budget);
    request.priority = static_cast<task::Priority>(Draw(3));
    request.tenant = static_cast<std::uint32_t>(Draw(3));
    const bool waits = scheduler_.Push(request, now_).has_value();
    if (!waits) return;
    // The one exception: a try whether the profile is right, with nothing else at hand.
    const bool probe = request.deadline - scheduler_.profile().P95(request.rows) < now_;
    EXPECT_TRUE(!probe || (waiting_.empty() && running_.empty()));
    waiting_[request.id] = {request, id_last_, probe};
  }

  void Remove() {
    const std::uint64_t id =
        std::next(waiting_.begin(), Draw(static_cast<int>(waiting_.size())))->first;
    EXPECT_TRUE(scheduler_.Remove(id));
    EXPECT_FALSE(scheduler_.Remove(id));
    Answered(id);
  }

  void EndRuns() {
    for (auto run = running_.begin(); run != running_.end();) {
      if (run->ends > now_) {
        ++run;
        continue;
      }
      // A Backlog hears of it a little later; the profile stays what it is, as it is exact.
      scheduler_.Finish(run->started, run->rows, now_, false);
      run = running_.erase(run);
    }
  }

  void Ask() {
    while (true) {
      const bool free = static_cast<int>(running_.size()) < options_.instances;
      if (free) {
        scheduler_.Decide(now_, decision_);
      } else {
        scheduler_.Expire(now_, decision_);
      }
      hash_.Add(decision_);
      EXPECT_GT(decision_.wake, now_);
      for (const std::uint64_t id : decision_.drop) CheckDrop(id);
      if (decision_.run.empty()) break;
      ASSERT_TRUE(free);
      CheckRun();
    }
    if (static_cast<int>(running_.size()) < options_.instances && !waiting_.empty()) {
      EXPECT_GT(options_.wait_max, Duration::zero())
          << "an instance is idle though something waits";
    }
  }

  void CheckDrop(std::uint64_t id) {
    ++drops_;
    const QueuedRequest& request = waiting_.at(id).request;
    EXPECT_LT(request.deadline - scheduler_.profile().P95(request.rows), now_);
    Answered(id);
  }

  void CheckRun() {
    ++runs_;
    int rows = 0;
    const Duration took = scheduler_.profile().P95(decision_.rows);
    const std::uint64_t key = waiting_.at(decision_.run.front()).request.shape_key;
    for (const std::uint64_t id : decision_.run) {
      const Known& known = waiting_.at(id);
      rows += known.request.rows;
      EXPECT_EQ(known.request.shape_key, key);
      EXPECT_TRUE(known.request.deadline - took >= now_ ||
                  (known.probe && decision_.run.size() == 1))
          << "started, though it cannot finish";
    }
    EXPECT_EQ(rows, decision_.rows);
    EXPECT_TRUE(rows <= options_.batch_max || decision_.run.size() == 1);
    for (const std::uint64_t id : decision_.run) CheckOrder(waiting_.at(id));
    for (const std::uint64_t id : decision_.run) Answered(id);
    running_.push_back({now_, now_ + took, decision_.rows});
  }

  // Nobody of the same tenant, priority, shape, size and deadline who came earlier is left behind.
  void CheckOrder(const Known& known) const {
    for (const auto& [id, other] : waiting_) {
      const bool alike = other.request.tenant == known.request.tenant &&
                         other.request.priority == known.request.priority &&
                         other.request.shape_key == known.request.shape_key &&
                         other.request.rows == known.request.rows &&
                         other.request.deadline == known.request.deadline;
      if (!alike || other.turn >= known.turn) continue;
      EXPECT_NE(std::ranges::find(decision_.run, id), decision_.run.end());
    }
  }

  void Answered(std::uint64_t id) { EXPECT_EQ(waiting_.erase(id), 1U) << "answered twice: " << id; }

  std::mt19937 random_;
  SchedulerOptions options_;
  Scheduler scheduler_;
  Decision decision_;
  DecisionHash hash_;
  TimePoint now_ = kStart;
  std::map<std::uint64_t, Known> waiting_;
  std::vector<Running> running_;
  std::uint64_t id_last_ = 0;
  std::uint64_t runs_ = 0;
  std::uint64_t drops_ = 0;
};

TEST(SchedulerProperty, HoldsForRandomTraces) {
  std::uint64_t runs = 0;
  std::uint64_t drops = 0;
  for (unsigned seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    RandomDriver driver(seed);
    for (int step = 0; step < 600; ++step) driver.Step();
    driver.End();
    runs += driver.runs();
    drops += driver.drops();
    if (testing::Test::HasFailure()) return;
  }
  // The traces reach both sides of overload.
  EXPECT_GT(runs, 2000U);
  EXPECT_GT(drops, 200U);
}

TEST(SchedulerProperty, DecidesTheSameAgain) {
  for (unsigned seed = 1; seed <= 5; ++seed) {
    RandomDriver first(seed);
    RandomDriver second(seed);
    RandomDriver other(seed + 100);
    for (int step = 0; step < 400; ++step) {
      first.Step();
      second.Step();
      other.Step();
    }
    EXPECT_EQ(first.hash(), second.hash());
    EXPECT_NE(first.hash(), other.hash());
  }
}

}  // namespace
}  // namespace perigee::serving
