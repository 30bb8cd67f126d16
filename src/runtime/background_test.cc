#include "runtime/background.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <latch>
#include <memory>
#include <vector>

namespace perigee::runtime {
namespace {

TEST(Background, RunsJobsInOrderOnOneThread) {
  std::vector<int> order;
  std::promise<void> last;
  Background background(8);
  for (const int i : {1, 2, 3}) {
    ASSERT_TRUE(background.Post([&order, i] { order.push_back(i); }).has_value());
  }
  ASSERT_TRUE(background.Post([&last] { last.set_value(); }).has_value());
  last.get_future().wait();
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
}

TEST(Background, RefusesWhenTheQueueIsFull) {
  std::latch started(1);
  std::promise<void> release;
  Background background(1);
  ASSERT_TRUE(background
                  .Post([&] {
                    started.count_down();
                    release.get_future().wait();
                  })
                  .has_value());
  started.wait();
  EXPECT_TRUE(background.Post([] {}).has_value());
  const Result<void> refused = background.Post([] {});
  release.set_value();
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, Code::kResourceExhausted);
}

TEST(Background, ComesAgainAndAgainUntilItIsEnded) {
  std::latch thrice(3);
  std::atomic<int> left = 3;
  Background background(1);
  background.Every(std::chrono::nanoseconds(1), [&] {
    if (left-- > 0) thrice.count_down();
  });
  thrice.wait();
  background.Every({}, nullptr);
  // Whatever had begun before has ended once this has.
  std::promise<void> after;
  ASSERT_TRUE(background.Post([&after] { after.set_value(); }).has_value());
  after.get_future().wait();
  const int seen = left;
  std::promise<void> later;
  ASSERT_TRUE(background.Post([&later] { later.set_value(); }).has_value());
  later.get_future().wait();
  EXPECT_EQ(left, seen);
}

TEST(Background, FreesWhatWaitsWhenItEnds) {
  auto held = std::make_shared<const int>(1);
  const std::weak_ptr<const int> watched = held;
  {
    Background background(2);
    ASSERT_TRUE(background.Post([kept = std::move(held)] {}).has_value());
    background.Close();
    EXPECT_EQ(background.Post([] {}).error().code, Code::kUnavailable);
  }
  EXPECT_TRUE(watched.expired());
}

}  // namespace
}  // namespace perigee::runtime
