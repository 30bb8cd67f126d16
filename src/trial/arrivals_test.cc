#include "trial/arrivals.h"

#include <gtest/gtest.h>

#include <vector>

namespace perigee::trial {
namespace {

using std::chrono::milliseconds;

constexpr TimePoint kStart{std::chrono::seconds(100)};

Arrivals::Plan Every10Ms() {
  return {.rate_per_second = 100,
          .spacing = Spacing::kUniform,
          .backlog_max = 3,
          .start = kStart,
          .measure_from = kStart,
          .end = kStart + milliseconds(1000)};
}

std::vector<Duration> AllGaps(Arrivals::Plan plan) {
  Arrivals arrivals(plan);
  std::vector<Duration> gaps;
  TimePoint last = plan.start;
  while (const auto intended = arrivals.Take(last)) {
    gaps.push_back(*intended - last);
    last = *intended;
  }
  return gaps;
}

TEST(Arrivals, ComeAtEqualGapsWhenUniform) {
  const auto gaps = AllGaps(Every10Ms());
  ASSERT_EQ(gaps.size(), 100u);
  EXPECT_EQ(gaps[0], Duration{});
  EXPECT_EQ(gaps[99], milliseconds(10));
}

TEST(Arrivals, HaveTheMeanAndSpreadOfPoisson) {
  Arrivals::Plan plan = Every10Ms();
  plan.spacing = Spacing::kPoisson;
  plan.end = kStart + std::chrono::seconds(200);
  const auto gaps = AllGaps(plan);
  double sum = 0, squares = 0;
  for (const Duration gap : gaps) {
    sum += ToMilliseconds(gap);
    squares += ToMilliseconds(gap) * ToMilliseconds(gap);
  }
  const double mean = sum / gaps.size();
  EXPECT_NEAR(mean, 10, 0.3);
  EXPECT_NEAR(squares / gaps.size() / (mean * mean), 2, 0.1);  // exponential: E[x^2] = 2 E[x]^2
}

TEST(Arrivals, AreTheSameForTheSameSeed) {
  Arrivals::Plan plan = Every10Ms();
  plan.spacing = Spacing::kPoisson;
  const auto first = AllGaps(plan);
  EXPECT_EQ(first, AllGaps(plan));
  plan.seed = 2;
  EXPECT_NE(first, AllGaps(plan));
}

TEST(Arrivals, KeepTheirIntendedStartWhileTheyWait) {
  Arrivals arrivals(Every10Ms());
  EXPECT_EQ(arrivals.Take(kStart), kStart);
  EXPECT_EQ(arrivals.Take(kStart + milliseconds(25)), kStart + milliseconds(10));
  EXPECT_EQ(arrivals.Take(kStart + milliseconds(25)), kStart + milliseconds(20));
  EXPECT_EQ(arrivals.Take(kStart + milliseconds(25)), kStart + milliseconds(30));
}

TEST(Arrivals, AreDroppedWhenTheBacklogIsFull) {
  Arrivals arrivals(Every10Ms());
  EXPECT_EQ(arrivals.Take(kStart), kStart);
  // 10..100 are due; 10, 20, 30 wait.
  EXPECT_EQ(arrivals.Take(kStart + milliseconds(100)), kStart + milliseconds(10));
  EXPECT_EQ(arrivals.dropped(), 7u);
  arrivals.Abandon(kStart + milliseconds(100));
  EXPECT_EQ(arrivals.dropped(), 9u);
}

TEST(Arrivals, CountNothingOfTheWarmUp) {
  Arrivals::Plan plan = Every10Ms();
  plan.measure_from = kStart + milliseconds(500);
  plan.count_max = 2;
  plan.end = kNever;
  EXPECT_EQ(AllGaps(plan).size(), 52u);
  Arrivals late(plan);
  late.Abandon(kStart + milliseconds(490));
  EXPECT_EQ(late.dropped(), 0u);
}

}  // namespace
}  // namespace perigee::trial
