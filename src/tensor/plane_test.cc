#include "tensor/plane.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace perigee::tensor {
namespace {

TEST(Halve, TakesTheMeanOfTwoByTwo) {
  const Plane half = Halve({4, 2, {10, 20, 0, 255, 30, 41, 0, 255}});
  EXPECT_EQ(half.width, 2);
  EXPECT_EQ(half.height, 1);
  EXPECT_EQ(half.pixels, (std::vector<std::uint8_t>{25, 128}));
}

TEST(Halve, RoundsOddSidesUp) {
  const Plane half = Halve({3, 3, {1, 1, 9, 1, 1, 11, 5, 7, 200}});
  EXPECT_EQ(half.width, 2);
  EXPECT_EQ(half.height, 2);
  EXPECT_EQ(half.pixels, (std::vector<std::uint8_t>{1, 10, 6, 200}));
}

TEST(Halve, LeavesNothingOfNothing) { EXPECT_TRUE(Halve({}).pixels.empty()); }

TEST(LumaOf, WeighsColoursAsJpegDoes) {
  Image image = Image::Of(4, 1);
  image.pixels = {255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255};
  EXPECT_EQ(LumaOf(image, 1).pixels, (std::vector<std::uint8_t>{77, 149, 29, 255}));
}

TEST(LumaOf, AveragesAndRoundsSidesUp) {
  Image image = Image::Of(5, 3);
  std::ranges::fill(image.pixels, std::uint8_t{100});
  std::ranges::fill(image.Row(0), std::uint8_t{200});
  const Plane luma = LumaOf(image, 2);
  EXPECT_EQ(luma.width, 3);
  EXPECT_EQ(luma.height, 2);
  EXPECT_EQ(luma.pixels, (std::vector<std::uint8_t>{150, 150, 150, 100, 100, 100}));
}

}  // namespace
}  // namespace perigee::tensor
