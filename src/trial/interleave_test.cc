#include "trial/interleave.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <utility>

namespace perigee::trial {
namespace {

TEST(SpreadOf, GivesQuartilesOfAKnownList) {
  const Spread spread = SpreadOf({9, 1, 5, 3, 7, 2});
  EXPECT_EQ(spread.minimum, 1);
  EXPECT_DOUBLE_EQ(spread.lower_quartile, 2.25);
  EXPECT_DOUBLE_EQ(spread.median, 4);
  EXPECT_DOUBLE_EQ(spread.upper_quartile, 6.5);
  EXPECT_EQ(spread.maximum, 9);
  EXPECT_EQ(SpreadOf({4}).upper_quartile, 4);
}

TEST(Interleave, TakesTurnsAndComparesPairByPair) {
  std::string order;
  double speed = 1;  // of the machine; it halves after each pair
  const auto comparison = Interleave(
      [&]() -> Result<double> {
        order += 'A';
        return 30 * speed;
      },
      [&]() -> Result<double> {
        order += 'B';
        return 10 * std::exchange(speed, speed / 2);
      },
      5, {});
  ASSERT_TRUE(comparison.has_value());
  EXPECT_EQ(order, "ABABABABAB");
  EXPECT_EQ(comparison->a_spread.median, 7.5);
  EXPECT_DOUBLE_EQ(comparison->ratio_spread.minimum, 3);
  EXPECT_DOUBLE_EQ(comparison->ratio_spread.maximum, 3);
}

TEST(Interleave, IgnoresOneDisturbedPair) {
  int turn = 0;
  const auto comparison = Interleave([&]() -> Result<double> { return ++turn == 3 ? 1 : 200; },
                                     []() -> Result<double> { return 100; }, 5, {});
  ASSERT_TRUE(comparison.has_value());
  EXPECT_EQ(comparison->ratio_spread.median, 2);
  EXPECT_EQ(comparison->ratio_spread.minimum, 0.01);
}

TEST(Interleave, PassesTheErrorOfAMeasurementOn) {
  const auto comparison =
      Interleave([]() -> Result<double> { return 1; },
                 []() -> Result<double> { return Fail(Unavailable("no node")); }, 5, {});
  ASSERT_FALSE(comparison.has_value());
  EXPECT_EQ(comparison.error().code, Code::kUnavailable);
  EXPECT_EQ(comparison.error().message, "measure B: no node");
}

TEST(Interleave, RefusesTooFewPairsAndNumbersThatHaveNoRatio) {
  const auto one = []() -> Result<double> { return 1; };
  EXPECT_EQ(Interleave(one, one, 4, {}).error().code, Code::kInvalidArgument);
  for (const double bad : {0.0, -1.0, std::nan("")}) {
    const auto odd = [bad]() -> Result<double> { return bad; };
    EXPECT_EQ(Interleave(one, odd, 5, {}).error().code, Code::kInternal);
  }
}

TEST(Interleave, StopsBetweenTwoMeasurements) {
  std::stop_source stop;
  int measured = 0;
  const auto measure = [&]() -> Result<double> {
    if (++measured == 3) stop.request_stop();
    return 1;
  };
  EXPECT_EQ(Interleave(measure, measure, 5, stop.get_token()).error().code, Code::kCancelled);
  EXPECT_EQ(measured, 3);
}

}  // namespace
}  // namespace perigee::trial
