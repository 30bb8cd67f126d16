#include "runtime/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <string>

namespace perigee::runtime {
namespace {

// Keeps the only worker of a pool busy until it is told to go on.
struct Busy {
  explicit Busy(WorkerPool& pool) {
    pool.Post(kNever, [this](Result<void>) {
      started.count_down();
      go.wait();
    });
    started.wait();
  }
  std::latch started{1};
  std::latch go{1};
};

TEST(WorkerPool, TellsHowManyRunsANewcomerWaitsFor) {
  WorkerPool pool(1, 8);
  EXPECT_EQ(pool.RunsAhead(), 0);
  Busy busy(pool);
  EXPECT_EQ(pool.RunsAhead(), 0.5);
  std::latch last(1);
  pool.Post(kNever, [](Result<void>) {});
  pool.Post(kNever, [&](Result<void>) { last.count_down(); });
  EXPECT_EQ(pool.RunsAhead(), 2.5);
  busy.go.count_down();
  last.wait();
}

TEST(WorkerPool, DoesTheMostUrgentFirst) {
  std::string order;
  {
    WorkerPool pool(1, 8);
    Busy busy(pool);
    const TimePoint soon{std::chrono::seconds(1)};
    pool.Post(kNever, [&](Result<void>) { order += 'c'; });
    pool.Post(soon, [&](Result<void>) { order += 'a'; });
    std::latch last(1);
    pool.Post(soon, [&](Result<void>) { order += 'b'; });
    pool.Post(kNever, [&](Result<void>) { last.count_down(); });
    busy.go.count_down();
    last.wait();
  }
  EXPECT_EQ(order, "abc");
}

TEST(WorkerPool, RefusesWhenTheQueueIsFull) {
  WorkerPool pool(1, 1);
  Busy busy(pool);
  std::latch done(1);
  pool.Post(kNever, [&](Result<void>) { done.count_down(); });
  Result<void> second;
  pool.Post(kNever, [&](Result<void> admitted) { second = std::move(admitted); });
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, Code::kResourceExhausted);
  busy.go.count_down();
  done.wait();
}

TEST(WorkerPool, FinishesWhatItAcceptedBeforeItEnds) {
  std::atomic<int> done = 0;
  {
    WorkerPool pool(3, 100);
    for (int i = 0; i < 100; ++i) {
      pool.Post(kNever, [&](Result<void> admitted) { done += admitted.has_value() ? 1 : 0; });
    }
  }
  EXPECT_EQ(done, 100);
}

}  // namespace
}  // namespace perigee::runtime
