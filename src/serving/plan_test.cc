#include "serving/plan.h"

#include <gtest/gtest.h>

namespace perigee::serving {
namespace {

using std::chrono::milliseconds;

std::vector<ProfilePoint> Medians(const std::vector<std::pair<int, int>>& rows_and_ms) {
  std::vector<ProfilePoint> points;
  for (const auto& [rows, ms] : rows_and_ms) {
    points.push_back({rows, milliseconds(ms), milliseconds(2 * ms)});
  }
  return points;
}

TEST(Plan, GathersWhatAnswersMostRowsASecond) {
  // 20 + 5 b milliseconds: 40, 67, 100, 133 rows a second.
  EXPECT_EQ(GatherThatPays(Medians({{1, 25}, {2, 30}, {4, 40}, {8, 60}}), 8), 8);
  EXPECT_EQ(GatherThatPays(Medians({{1, 25}, {2, 30}, {4, 40}, {8, 60}}), 4), 4);
  // Best in the middle.
  EXPECT_EQ(GatherThatPays(Medians({{1, 10}, {2, 12}, {4, 20}, {8, 100}}), 8), 4);
}

TEST(Plan, GathersNothingWhereItGainsLessThanATwentieth) {
  EXPECT_EQ(GatherThatPays(Medians({{1, 10}, {2, 20}, {4, 40}, {8, 77}}), 8), 1);
  EXPECT_EQ(GatherThatPays(Medians({{1, 10}, {2, 20}, {4, 40}, {8, 76}}), 8), 8);
}

TEST(Plan, GathersNothingUnlessItIsKnownWhatOneRowTakes) {
  EXPECT_EQ(GatherThatPays({}, 8), 1);
  EXPECT_EQ(GatherThatPays(Medians({{2, 20}, {4, 21}}), 8), 1);
  EXPECT_EQ(GatherThatPays(Medians({{1, 0}, {8, 0}}), 8), 1);
}

TEST(Plan, GivesEveryCoreAnInstance) {
  const model::Plan plan =
      ChoosePlan({.cores = 6, .batch_max = 8, .points = Medians({{1, 25}, {8, 60}})});
  EXPECT_EQ(plan.instances, 6);
  EXPECT_EQ(plan.threads, 1);
  EXPECT_EQ(plan.gather_max, 8);
}

TEST(Plan, TakesAnEstimateToGrowWithTheRows) {
  const std::vector<ProfilePoint> points = EstimatedPoints(milliseconds(3), 8);
  ASSERT_EQ(points.size(), 2U);
  EXPECT_EQ(points[1].rows, 8);
  EXPECT_EQ(points[1].median, milliseconds(24));
  EXPECT_EQ(GatherThatPays(points, 8), 1);
  EXPECT_EQ(EstimatedPoints(milliseconds(3), 1).size(), 1U);
}

}  // namespace
}  // namespace perigee::serving
