#include "serving/tenant_shares.h"

#include <gtest/gtest.h>

#include <chrono>

namespace perigee::serving {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr TimePoint kStart{std::chrono::hours(1)};
constexpr Duration kUnit = milliseconds(60);

// Runs a full batch for one tenant.
void RunFor(TenantShares& shares, std::uint32_t tenant) {
  shares.Credit(kUnit, kUnit);
  shares.Pay(tenant, kUnit);
}

TEST(TenantShares, KeepsOneThatIsAloneInside) {
  TenantShares shares;
  shares.Arrive(0, kStart, true);
  for (int i = 0; i < 100; ++i) RunFor(shares, 0);
  EXPECT_TRUE(shares.Inside(0));
}

TEST(TenantShares, PutsOutsideWhoTakesTheTimeOfOthers) {
  TenantShares shares;
  shares.Arrive(0, kStart, true);
  shares.Arrive(1, kStart, true);
  for (int i = 0; i < 20; ++i) RunFor(shares, 0);
  EXPECT_FALSE(shares.Inside(0));
  EXPECT_TRUE(shares.Inside(1));
  for (int i = 0; i < 20; ++i) RunFor(shares, 1);
  EXPECT_TRUE(shares.Inside(0));  // its turn has come
}

TEST(TenantShares, KeepsThoseInsideThatTakeTurns) {
  TenantShares shares;
  for (std::uint32_t tenant = 0; tenant < 4; ++tenant) shares.Arrive(tenant, kStart, true);
  for (std::uint32_t i = 0; i < 400; ++i) RunFor(shares, i % 4);
  for (std::uint32_t tenant = 0; tenant < 4; ++tenant) EXPECT_TRUE(shares.Inside(tenant));
}

TEST(TenantShares, SharesAmongThoseWhoAskedWithinTheLastSecond) {
  TenantShares shares;
  shares.Arrive(0, kStart, false);
  EXPECT_FALSE(shares.Crowds(0, 0));  // alone
  shares.Arrive(1, kStart, false);
  EXPECT_TRUE(shares.Crowds(0, 0));
  shares.Arrive(0, kStart + milliseconds(999), false);
  EXPECT_TRUE(shares.Crowds(0, 0));
  shares.Arrive(0, kStart + milliseconds(1001), false);
  EXPECT_FALSE(shares.Crowds(0, 0));
}

TEST(TenantShares, KeepsCountingWhomSomethingWaitsFor) {
  TenantShares shares;
  shares.Arrive(1, kStart, true);
  shares.Arrive(0, kStart + seconds(5), false);
  EXPECT_TRUE(shares.Crowds(0, 0));
  shares.Leave(1);
  shares.Arrive(0, kStart + seconds(10), false);
  EXPECT_FALSE(shares.Crowds(0, 0));
}

TEST(TenantShares, ForgivesWhoHasBeenAway) {
  TenantShares shares;
  shares.Arrive(0, kStart, false);
  shares.Arrive(1, kStart, true);
  for (int i = 0; i < 20; ++i) RunFor(shares, 0);
  ASSERT_FALSE(shares.Inside(0));
  shares.Arrive(1, kStart + seconds(3), true);  // 0 is no longer active
  shares.Arrive(0, kStart + seconds(3), true);
  EXPECT_TRUE(shares.Inside(0));
}

TEST(TenantShares, GivesTurnsThatAlternate) {
  TenantShares shares;
  const auto turn = [&shares](std::uint32_t tenant) {
    shares.Arrive(tenant, kStart, true);
    return shares.Turn(tenant, kStart, milliseconds(10));
  };
  EXPECT_EQ(turn(1), kStart);
  EXPECT_EQ(turn(0), kStart);
  EXPECT_EQ(turn(0), kStart + milliseconds(20));  // of two tenants each has half
  EXPECT_EQ(turn(0), kStart + milliseconds(40));
  EXPECT_EQ(turn(1), kStart + milliseconds(10));  // it came when it was alone
}

}  // namespace
}  // namespace perigee::serving
