#include "adapters/net/pace.h"

#include <gtest/gtest.h>

namespace perigee::net {
namespace {

using std::chrono::seconds;

constexpr TimePoint kStart{std::chrono::hours(1)};
constexpr PaceLimits kLimits{.timeout = seconds(10), .rate_min = 100};

TEST(Pace, IsLostWhenNothingMoves) {
  Pace pace;
  pace.Start(kStart);
  EXPECT_FALSE(pace.IsLost(kStart + seconds(10), kLimits));
  EXPECT_TRUE(pace.IsLost(kStart + seconds(11), kLimits));
}

TEST(Pace, IsLostWhenBytesOnlyDrip) {
  Pace pace;
  pace.Start(kStart);
  for (int i = 1; i <= 20; ++i) pace.Move(kStart + seconds(i), 1);
  EXPECT_TRUE(pace.IsLost(kStart + seconds(20), kLimits));
}

TEST(Pace, HoldsForASlowButSteadyClient) {
  Pace pace;
  pace.Start(kStart);
  for (int i = 1; i <= 1000; ++i) pace.Move(kStart + seconds(i), 100);
  EXPECT_FALSE(pace.IsLost(kStart + seconds(1000), kLimits));
}

TEST(Pace, AnEndlessTimeoutNeverLoses) {
  Pace pace;
  pace.Start(kStart);
  EXPECT_FALSE(pace.IsLost(kStart + seconds(1000), {.timeout = Duration::max(), .rate_min = 100}));
}

}  // namespace
}  // namespace perigee::net
