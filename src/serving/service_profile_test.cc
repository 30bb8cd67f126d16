#include "serving/service_profile.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <random>

namespace perigee::serving {
namespace {

using std::chrono::milliseconds;

double Ms(Duration duration) { return ToMilliseconds(duration); }

void ObserveOften(ServiceProfile& profile, int rows, Duration took, int times) {
  for (int i = 0; i < times; ++i) profile.Observe(rows, took);
}

TEST(ServiceProfile, SaysZeroUntilAnythingIsKnown) {
  const ServiceProfile profile(8);
  EXPECT_FALSE(profile.known());
  EXPECT_EQ(profile.P95(1), Duration::zero());
  EXPECT_EQ(profile.Median(100), Duration::zero());
  EXPECT_TRUE(profile.Points().empty());
}

TEST(ServiceProfile, IsLinearBetweenAndBeyondItsSeed) {
  ServiceProfile profile(16);
  profile.Seed({{2, milliseconds(30), milliseconds(36)}, {6, milliseconds(50), milliseconds(60)}});
  EXPECT_NEAR(Ms(profile.Median(4)), 40, 0.01);
  EXPECT_NEAR(Ms(profile.P95(4)), 48, 0.01);
  EXPECT_NEAR(Ms(profile.Median(1)), 25, 0.01);
  EXPECT_NEAR(Ms(profile.Median(10)), 70, 0.01);
  EXPECT_NEAR(Ms(profile.Median(26)), 150, 0.01);  // beyond rows_max too
}

TEST(ServiceProfile, TakesOnePointForAnUpperBoundOfTheOthers) {
  ServiceProfile profile(8);
  profile.Observe(2, milliseconds(20));
  EXPECT_NEAR(Ms(profile.P95(1)), 20, 0.01);
  EXPECT_NEAR(Ms(profile.P95(8)), 80, 0.01);
}

TEST(ServiceProfile, IsNotMovedByAnOutlier) {
  ServiceProfile profile(1);
  ObserveOften(profile, 1, milliseconds(10), 60);
  profile.Observe(1, milliseconds(900));
  EXPECT_NEAR(Ms(profile.Median(1)), 10, 0.01);
  EXPECT_NEAR(Ms(profile.P95(1)), 10, 0.01);
}

TEST(ServiceProfile, TellsThe95thPercentileFromTheMedian) {
  ServiceProfile profile(1);
  for (int i = 0; i < 64; ++i) profile.Observe(1, milliseconds(i % 8 == 0 ? 30 : 10));
  EXPECT_NEAR(Ms(profile.Median(1)), 10, 0.01);
  EXPECT_NEAR(Ms(profile.P95(1)), 30, 0.01);
}

TEST(ServiceProfile, FollowsAMachineThatBecameSlower) {
  ServiceProfile profile(1);
  ObserveOften(profile, 1, milliseconds(10), 500);
  ObserveOften(profile, 1, milliseconds(25), 64);
  EXPECT_NEAR(Ms(profile.Median(1)), 25, 0.01);
}

TEST(ServiceProfile, StretchesItsSeedByWhatRunsOfAnySizeTook) {
  ServiceProfile profile(8);
  profile.Seed({{1, milliseconds(10), milliseconds(10)}, {8, milliseconds(45), milliseconds(45)}});
  ObserveOften(profile, 1, milliseconds(30), 16);
  EXPECT_NEAR(Ms(profile.Median(1)), 30, 0.1);
  EXPECT_NEAR(Ms(profile.Median(8)), 135, 0.1);
}

TEST(ServiceProfile, LetsTheFirstRunMoveItsSeedOnlyALittle) {
  ServiceProfile profile(1);
  profile.Seed({{1, milliseconds(10), milliseconds(10)}});
  ObserveOften(profile, 1, milliseconds(10), 4);
  profile.Observe(1, milliseconds(100));
  EXPECT_LT(Ms(profile.P95(1)), 40);
}

TEST(ServiceProfile, ForgetsASizeThatHasNotRunForLong) {
  ServiceProfile profile(4);
  profile.Seed({{1, milliseconds(10), milliseconds(10)}, {4, milliseconds(25), milliseconds(25)}});
  ObserveOften(profile, 4, milliseconds(400), 64);
  ObserveOften(profile, 1, milliseconds(10), 1000);
  EXPECT_NEAR(Ms(profile.Median(4)), 400, 1);
  ObserveOften(profile, 1, milliseconds(10), 100);
  EXPECT_NEAR(Ms(profile.Median(4)), 25, 1);
}

TEST(ServiceProfile, NeverFallsWithTheRows) {
  std::mt19937 random(3);
  ServiceProfile profile(12);
  for (int i = 0; i < 2000; ++i) {
    const int rows = 1 + static_cast<int>(random() % 12);
    profile.Observe(rows, milliseconds(1 + random() % 50));
    for (int more = 2; more <= 14; ++more) {
      ASSERT_GE(profile.P95(more), profile.P95(more - 1));
      ASSERT_GE(profile.Median(more), profile.Median(more - 1));
      ASSERT_GE(profile.P95(more), profile.Median(more));
    }
  }
}

TEST(ServiceProfile, TellsThePointsItKnows) {
  ServiceProfile profile(8);
  profile.Seed({{1, milliseconds(10), milliseconds(12)}});
  profile.Observe(3, milliseconds(30));
  const std::vector<ProfilePoint> points = profile.Points();
  ASSERT_EQ(points.size(), 2U);
  EXPECT_EQ(points[0].rows, 1);
  EXPECT_EQ(points[1].rows, 3);
}

TEST(RecentSamples, KeepsExactlyTheLast64) {
  std::mt19937 random(5);
  RecentSamples samples;
  std::vector<float> all;
  for (int i = 0; i < 500; ++i) {
    all.push_back(static_cast<float>(random() % 40));
    samples.Add(all.back());
    std::vector<float> last(all.end() - std::min<std::ptrdiff_t>(64, std::ssize(all)), all.end());
    std::ranges::sort(last);
    ASSERT_EQ(samples.size(), static_cast<int>(last.size()));
    ASSERT_FLOAT_EQ(samples.Quantile(0), last.front());
    ASSERT_FLOAT_EQ(samples.Quantile(1), last.back());
  }
}

}  // namespace
}  // namespace perigee::serving
