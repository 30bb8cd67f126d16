#include "vision/box.h"

#include <gtest/gtest.h>

#include <cmath>

namespace perigee::vision {
namespace {

TEST(Iou, IsTheSharedPartOfTheUnion) {
  EXPECT_FLOAT_EQ(Iou({0, 0, 2, 2}, {1, 1, 2, 2}), 1.0F / 7);
  EXPECT_FLOAT_EQ(Iou({0, 0, 4, 4}, {1, 1, 2, 2}), 0.25F);
  EXPECT_FLOAT_EQ(Iou({-3, 2, 5, 7}, {-3, 2, 5, 7}), 1);
}

TEST(Iou, IsZeroForBoxesThatTouchOrAreApart) {
  EXPECT_EQ(Iou({0, 0, 2, 2}, {2, 0, 2, 2}), 0);
  EXPECT_EQ(Iou({0, 0, 2, 2}, {50, 50, 2, 2}), 0);
}

TEST(Iou, IsNoNumberForTwoEmptyBoxes) { EXPECT_TRUE(std::isnan(Iou({1, 1, 0, 0}, {1, 1, 0, 0}))); }

}  // namespace
}  // namespace perigee::vision
