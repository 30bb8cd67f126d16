#include "vision/letterbox.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace perigee::vision {
namespace {

TEST(Letterbox, CoversTheTopLeftInProportion) {
  const Letterbox wide(1920, 1280, 416);
  EXPECT_EQ(wide.content_width(), 416);
  EXPECT_EQ(wide.content_height(), 277);
  const Letterbox tall(100, 400, 128);
  EXPECT_EQ(tall.content_width(), 32);
  EXPECT_EQ(tall.content_height(), 128);
}

TEST(Letterbox, RoundsHalfUpAndNeverToNothing) {
  EXPECT_EQ(Letterbox(64, 5, 32).content_height(), 3);  // 2.5
  EXPECT_EQ(Letterbox(10000, 1, 128).content_height(), 1);
}

// 1280 * 416 / 1920 is 277.33; like the reference, boxes come back by 1280 / 277.
TEST(Letterbox, StretchesBoxesByTheRoundedContent) {
  const Box box = Letterbox(1920, 1280, 416).ToPicture({208, 277, 104, 27.7F}, 1920, 1280);
  EXPECT_FLOAT_EQ(box.x, 960);
  EXPECT_FLOAT_EQ(box.y, 1280);
  EXPECT_FLOAT_EQ(box.width, 480);
  EXPECT_FLOAT_EQ(box.height, 128);
}

TEST(Letterbox, GoesBackToAnotherSizeOfTheSamePicture) {
  const Box box = Letterbox(480, 320, 416).ToPicture({0, 0, 416, 277}, 1920, 1280);
  EXPECT_FLOAT_EQ(box.width, 1920);
  EXPECT_FLOAT_EQ(box.height, 1280);
}

TEST(Letterbox, FindsItsWayThereAndBack) {
  for (const auto& [width, height] : {std::pair{640, 480}, {33, 977}, {5, 5}, {4032, 3024}}) {
    const Letterbox letterbox(width, height, 320);
    const Box box = {0.25F * float(width), 0.1F * float(height), 3, 0.5F * float(height)};
    const Box back = letterbox.ToPicture(letterbox.FromPicture(box, width, height), width, height);
    EXPECT_NEAR(back.x, box.x, 1e-3F);
    EXPECT_NEAR(back.y, box.y, 1e-3F);
    EXPECT_NEAR(back.width, box.width, 1e-3F);
    EXPECT_NEAR(back.height, box.height, 1e-3F);
  }
}

tensor::Image White(int width, int height) {
  tensor::Image image = tensor::Image::Of(width, height);
  std::ranges::fill(image.pixels, std::uint8_t{255});
  return image;
}

TEST(LetterboxInto, LeavesTheRestBlack) {
  tensor::Image square = White(32, 32);
  LetterboxInto(tensor::Unreduced(White(64, 32)), {square.pixels, 32, 32});
  for (int y = 0; y < 32; ++y) {
    const auto row = square.Row(y);
    EXPECT_TRUE(std::ranges::all_of(row, [&](int value) { return value == (y < 16 ? 255 : 0); }));
  }
}

// Row 10 of 416 / 500 reads source row 12.02 of 13: between the last row and the black below.
TEST(LetterboxInto, FadesTheLastRowIntoBlackAsPaddingFirstDoes) {
  tensor::Image square = tensor::Image::Of(416, 416);
  LetterboxInto(tensor::Unreduced(White(500, 13)), {square.pixels, 416, 416});
  EXPECT_EQ(square.Row(9)[600], 255);
  EXPECT_EQ(square.Row(10)[600], 250);
  EXPECT_EQ(square.Row(11)[600], 0);
}

}  // namespace
}  // namespace perigee::vision
