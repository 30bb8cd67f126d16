#include "vision/suppression.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <random>

namespace perigee::vision {
namespace {

constexpr std::size_t kAll = 1000;

std::vector<float> Scores(const std::vector<ScoredBox>& boxes) {
  std::vector<float> scores;
  for (const ScoredBox& one : boxes) scores.push_back(one.score);
  return scores;
}

std::vector<ScoredBox> Crowd(unsigned seed) {
  std::mt19937 random(seed);
  const auto number = [&](float limit) { return limit * float(random() % 1000) / 1000; };
  std::vector<ScoredBox> boxes(200);
  for (ScoredBox& one : boxes) {
    one = {{number(300), number(300), 20 + number(60), 20 + number(60)}, number(1)};
  }
  return boxes;
}

TEST(Suppression, KeepsTheBestOfAGroupAndAllThatStandApart) {
  const std::vector<ScoredBox> boxes = {
      {{0, 0, 10, 10}, 0.6F}, {{1, 0, 10, 10}, 0.9F}, {{50, 50, 10, 10}, 0.7F}};
  EXPECT_EQ(Scores(Suppress(boxes, 0.4F, kAll)), (std::vector<float>{0.9F, 0.7F}));
}

TEST(Suppression, KeepsAnOverlapOfExactlyTheMaximum) {
  const std::vector<ScoredBox> boxes = {{{0, 0, 4, 4}, 0.9F}, {{0, 0, 4, 2}, 0.8F}};
  EXPECT_EQ(Suppress(boxes, 0.5F, kAll).size(), 2U);
  EXPECT_EQ(Suppress(boxes, 0.4999F, kAll).size(), 1U);
}

TEST(Suppression, PrefersTheLaterOfEqualScores) {
  const std::vector<ScoredBox> boxes = {{{0, 0, 10, 10}, 0.5F}, {{1, 1, 10, 10}, 0.5F}};
  const auto kept = Suppress(boxes, 0.4F, kAll);
  ASSERT_EQ(kept.size(), 1U);
  EXPECT_EQ(kept[0].box.x, 1);
}

// B goes because of A, so it cannot take C with it.
TEST(Suppression, LetsOnlyBoxesThatStaySuppress) {
  const std::vector<ScoredBox> boxes = {
      {{0, 0, 10, 10}, 0.9F}, {{4, 0, 10, 10}, 0.8F}, {{8, 0, 10, 10}, 0.7F}};
  EXPECT_EQ(Scores(Suppress(boxes, 0.4F, kAll)), (std::vector<float>{0.9F, 0.7F}));
}

TEST(Suppression, ChangesNothingTheSecondTime) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    const auto once = Suppress(Crowd(seed), 0.4F, kAll);
    EXPECT_EQ(Scores(Suppress(once, 0.4F, kAll)), Scores(once));
    EXPECT_TRUE(std::ranges::is_sorted(Scores(once), std::greater{}));
    for (std::size_t i = 0; i < once.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) EXPECT_LE(Iou(once[i].box, once[j].box), 0.4F);
    }
  }
}

TEST(Suppression, StopsAtTheMostThatMayStay) {
  const auto all = Suppress(Crowd(3), 0.4F, kAll);
  auto few = Scores(all);
  ASSERT_GT(few.size(), 5U);
  few.resize(5);
  EXPECT_EQ(Scores(Suppress(Crowd(3), 0.4F, 5)), few);
  EXPECT_TRUE(Suppress(Crowd(3), 0.4F, 0).empty());
}

TEST(Suppression, LeavesOutScoresThatAreNoNumbersAndEmptyTwins) {
  const std::vector<ScoredBox> boxes = {
      {{0, 0, 0, 0}, 0.5F}, {{9, 9, 1, 1}, NAN}, {{0, 0, 0, 0}, 0.6F}};
  EXPECT_EQ(Scores(Suppress(boxes, 0.4F, kAll)), (std::vector<float>{0.6F}));
}

}  // namespace
}  // namespace perigee::vision
