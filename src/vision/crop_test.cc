#include "vision/crop.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace perigee::vision {
namespace {

constexpr float kHuge = std::numeric_limits<float>::max();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

tensor::Image Filled(int width, int height, std::uint8_t value) {
  tensor::Image image = tensor::Image::Of(width, height);
  for (std::uint8_t& sample : image.pixels) sample = value;
  return image;
}

TEST(CropRectangle, RoundsCornerAndSizeDown) {
  EXPECT_EQ(CropRectangle({10.9F, 20.1F, 30.9F, 40.99F}, 100, 100), (tensor::Rect{10, 20, 30, 40}));
}

// Clipping comes first: 7.5 of the width 10 are inside, from 0.
TEST(CropRectangle, ClipsBeforeItRounds) {
  EXPECT_EQ(CropRectangle({-2.5F, 0.5F, 10, 10}, 100, 100), (tensor::Rect{0, 0, 7, 10}));
  EXPECT_EQ(CropRectangle({94.5F, -1, 10, 200}, 100, 80), (tensor::Rect{94, 0, 5, 80}));
}

TEST(CropRectangle, IsEmptyForWhatIsOutsideOrNoBox) {
  const Box outside[] = {{100, 0, 10, 10},     {-10, 0, 10, 10},
                         {0, 500, 10, 10},     {5, 5, 0, 10},
                         {5, 5, -3, 10},       {5, 5, 0.9F, 0.9F},
                         {NAN, 0, 10, 10},     {0, 0, NAN, 10},
                         {kInfinity, 0, 1, 1}, {-kInfinity, 0, kInfinity, 5}};
  for (const Box& box : outside) EXPECT_TRUE(CropRectangle(box, 100, 100).empty()) << box.x;
}

TEST(CropRectangle, StaysInsideForAnyBox) {
  for (const float at : {-kHuge, -1e9F, -1.0F, 0.0F, 3.7F, 99.5F, 1e9F, kHuge}) {
    for (const float size : {0.0F, 0.5F, 1.0F, 101.0F, 1e9F, kHuge, kInfinity}) {
      const tensor::Rect rectangle = CropRectangle({at, at, size, size}, 100, 60);
      if (rectangle.empty()) continue;
      EXPECT_GE(rectangle.x, 0);
      EXPECT_GE(rectangle.y, 0);
      EXPECT_LE(rectangle.x + rectangle.width, 100);
      EXPECT_LE(rectangle.y + rectangle.height, 60);
    }
  }
}

TEST(CropInto, CentresInBlackWithTheOddPixelBehind) {
  const tensor::Image picture = Filled(20, 20, 200);
  tensor::Image square = Filled(7, 7, 99);
  CropInto(tensor::Unreduced(picture), {2, 2, 4, 7}, {square.pixels, 7, 7});
  const int wanted[] = {0, 200, 200, 200, 200, 0, 0};
  for (std::size_t x = 0; x < 7; ++x) EXPECT_EQ(square.Row(3)[3 * x], wanted[x]) << x;
  CropInto(tensor::Unreduced(picture), {2, 2, 7, 6}, {square.pixels, 7, 7});
  EXPECT_EQ(square.Row(0)[0], 200);
  EXPECT_EQ(square.Row(6)[0], 0);
}

TEST(CropInto, NeverMixesInPixelsBesideTheFace) {
  tensor::Image picture = Filled(30, 30, 255);
  for (int y = 10; y < 20; ++y) {
    for (std::size_t i = 30; i < 60; ++i) picture.Row(y)[i] = 50;
  }
  tensor::Image square = tensor::Image::Of(112, 112);
  CropInto(tensor::Unreduced(picture), {10, 10, 10, 10}, {square.pixels, 112, 112});
  for (const std::uint8_t sample : square.pixels) ASSERT_EQ(sample, 50);
}

TEST(CropFaces, GivesOnePictureForEachBoxEvenForOnePixelAndNone) {
  const tensor::Image picture = Filled(8, 8, 77);
  const Box boxes[] = {{7, 7, 1, 1}, {50, 50, 5, 5}, {-4, -4, 100, 100}};
  const auto crops = CropFaces(tensor::Unreduced(picture), boxes, 16);
  ASSERT_EQ(crops.size(), 3U);
  EXPECT_EQ(crops[0].pixels, Filled(16, 16, 77).pixels);
  EXPECT_EQ(crops[1].pixels, Filled(16, 16, 0).pixels);
  EXPECT_EQ(crops[2].pixels, Filled(16, 16, 77).pixels);
  EXPECT_EQ(crops[2].width, 16);
}

}  // namespace
}  // namespace perigee::vision
