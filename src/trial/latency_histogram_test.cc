#include "trial/latency_histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace perigee::trial {
namespace {

using std::chrono::microseconds;

TEST(LatencyHistogram, IsAllZeroWhileEmpty) {
  const LatencyHistogram histogram;
  EXPECT_EQ(histogram.Percentile(50), Duration{});
  EXPECT_EQ(histogram.Mean(), Duration{});
  EXPECT_EQ(histogram.Maximum(), Duration{});
}

TEST(LatencyHistogram, GivesThePercentilesOfAUniformRamp) {
  LatencyHistogram histogram;
  for (int us = 1; us <= 10'000; ++us) histogram.Add(microseconds(us));
  for (const double percent : {50.0, 90.0, 95.0, 99.0}) {
    EXPECT_NEAR(histogram.Percentile(percent).count() / 1e3, percent * 100, percent * 0.8);
  }
  EXPECT_EQ(histogram.Percentile(100), microseconds(10'000));
  EXPECT_EQ(histogram.Minimum(), microseconds(1));
  EXPECT_EQ(histogram.Mean(), Duration(5'000'500));
}

TEST(LatencyHistogram, StaysWithinOnePercentOfSortedSamples) {
  std::mt19937_64 random(7);
  std::lognormal_distribution<double> nanoseconds(std::log(3e5), 1.5);
  LatencyHistogram histogram;
  std::vector<double> samples(50'000);
  for (double& sample : samples) {
    sample = std::floor(nanoseconds(random));
    histogram.Add(Duration(static_cast<std::int64_t>(sample)));
  }
  std::ranges::sort(samples);
  for (const double percent : {1.0, 50.0, 90.0, 95.0, 99.0, 99.9}) {
    const double exact = samples[static_cast<std::size_t>(percent * 500 + 0.5) - 1];
    EXPECT_NEAR(histogram.Percentile(percent).count(), exact, exact * 0.01) << percent;
  }
}

TEST(LatencyHistogram, MergesAsIfAllWereAddedToOne) {
  LatencyHistogram together, odd, even;
  for (int us = 1; us <= 999; ++us) {
    together.Add(microseconds(us));
    (us % 2 == 1 ? odd : even).Add(microseconds(us));
  }
  odd.Merge(even);
  odd.Merge(LatencyHistogram());
  EXPECT_EQ(odd.count(), together.count());
  EXPECT_EQ(odd.Percentile(37), together.Percentile(37));
  EXPECT_EQ(odd.Mean(), together.Mean());
  EXPECT_EQ(odd.Maximum(), together.Maximum());
}

TEST(LatencyHistogram, TakesTheExtremesWithoutOverflow) {
  LatencyHistogram histogram;
  histogram.Add(Duration(-5));
  histogram.Add(Duration::max());
  EXPECT_EQ(histogram.Minimum(), Duration{});
  EXPECT_EQ(histogram.Percentile(50), Duration{});
  EXPECT_EQ(histogram.Percentile(99), Duration::max());
}

}  // namespace
}  // namespace perigee::trial
