#include "vision/anchor_grid.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace perigee::vision {
namespace {

constexpr std::array<std::array<float, 2>, 2> kAnchors = {{{1, 2}, {3, 0.5F}}};
constexpr float kInfinity = std::numeric_limits<float>::infinity();

// Two cells a side of 32 px, two anchors; nothing is found until a test says so.
struct Grid {
  std::vector<float> values = std::vector<float>(2 * 2 * 2 * 5, -50.0F);

  std::span<float> At(int row, int column, int anchor) {
    return std::span(values).subspan(
        static_cast<std::size_t>(((row * 2 + column) * 2 + anchor) * 5), 5);
  }
  void Put(std::span<float> place, std::array<float, 5> five) {
    std::copy(five.begin(), five.end(), place.begin());
  }
  Result<std::vector<ScoredBox>> Decode(float score_min) const {
    return DecodeAnchorGrid(values, {2, 64, kAnchors, score_min});
  }
};

TEST(AnchorGrid, DecodesABoxFromItsCellAndAnchor) {
  Grid grid;
  grid.Put(grid.At(1, 0, 1), {0, std::log(3.0F), std::log(2.0F), 0, std::log(4.0F)});
  const auto boxes = *grid.Decode(0.5F);
  ASSERT_EQ(boxes.size(), 1U);
  EXPECT_FLOAT_EQ(boxes[0].score, 0.8F);
  EXPECT_FLOAT_EQ(boxes[0].box.width, 3 * 2 * 32);
  EXPECT_FLOAT_EQ(boxes[0].box.height, 0.5F * 32);
  // Centre at (0 + 1/2, 1 + 3/4) cells; not clipped.
  EXPECT_FLOAT_EQ(boxes[0].box.x, 16 - 96);
  EXPECT_FLOAT_EQ(boxes[0].box.y, 56 - 8);
}

TEST(AnchorGrid, KeepsTheOrderOfTheGrid) {
  Grid grid;
  grid.Put(grid.At(1, 1, 0), {0, 0, 0, 0, 1});
  grid.Put(grid.At(0, 1, 1), {0, 0, 0, 0, 2});
  grid.Put(grid.At(0, 1, 0), {0, 0, 0, 0, 3});
  const auto boxes = *grid.Decode(0.5F);
  ASSERT_EQ(boxes.size(), 3U);
  EXPECT_GT(boxes[0].score, boxes[1].score);
  EXPECT_GT(boxes[1].score, boxes[2].score);
}

TEST(AnchorGrid, DropsAScoreAtTheThreshold) {
  Grid grid;
  grid.Put(grid.At(0, 0, 0), {0, 0, 0, 0, 0});
  EXPECT_TRUE(grid.Decode(0.5F)->empty());
  EXPECT_EQ(grid.Decode(0.4999F)->size(), 1U);
  EXPECT_EQ(grid.Decode(0)->size(), 8U);
}

TEST(AnchorGrid, LeavesOutWhatIsNotFinite) {
  Grid grid;
  grid.Put(grid.At(0, 0, 0), {0, 0, 1000, 0, 5});
  grid.Put(grid.At(0, 0, 1), {NAN, 0, 0, 0, 5});
  grid.Put(grid.At(0, 1, 0), {0, 0, 0, 0, NAN});
  grid.Put(grid.At(0, 1, 1), {kInfinity, -kInfinity, 0, 0, kInfinity});
  const auto boxes = *grid.Decode(0.5F);
  ASSERT_EQ(boxes.size(), 1U);
  EXPECT_FLOAT_EQ(boxes[0].score, 1);
}

TEST(AnchorGrid, RefusesAnotherNumberOfValues) {
  const std::vector<float> values(39);
  const auto boxes = DecodeAnchorGrid(values, {2, 64, kAnchors, 0.5F});
  ASSERT_FALSE(boxes.has_value());
  EXPECT_EQ(boxes.error().message, "decode anchor grid: 39 values where 2 x 2 cells need 40");
  EXPECT_FALSE(DecodeAnchorGrid({}, {0, 64, kAnchors, 0.5F}).has_value());
  EXPECT_FALSE(DecodeAnchorGrid({}, {-1, 64, kAnchors, 0.5F}).has_value());
}

}  // namespace
}  // namespace perigee::vision
