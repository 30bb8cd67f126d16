#include "media/luma.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "media/testing/pictures.h"

namespace perigee::media {
namespace {

using testing::Encoded;
using testing::Gradient;

int LargestDifference(const tensor::Plane& a, const tensor::Plane& b) {
  if (a.width != b.width || a.height != b.height) return 256;
  int largest = 0;
  for (std::size_t at = 0; at < a.pixels.size(); ++at) {
    largest = std::max(largest, std::abs(a.pixels[at] - b.pixels[at]));
  }
  return largest;
}

TEST(DecodeLuma, IsTheBrightnessOfAJpegAtEachScale) {
  const tensor::Image image = Gradient(163, 85);
  for (const bool progressive : {false, true}) {
    const Encoded jpeg = testing::MakeJpeg(image, {.progressive = progressive});
    for (const int factor : {1, 2, 4, 8}) {
      const Result<Luma> luma = DecodeLuma(jpeg, factor);
      ASSERT_TRUE(luma.has_value()) << luma.error().message;
      EXPECT_LE(LargestDifference(luma->plane, tensor::LumaOf(image, factor)), 8) << factor;
      EXPECT_EQ(luma->factor, factor);
      EXPECT_EQ(luma->source_width, 163);
      EXPECT_EQ(luma->source_height, 85);
    }
  }
}

TEST(DecodeLuma, ReadsGreyAndCmykJpeg) {
  const tensor::Image image = Gradient(64, 48);
  const Result<Luma> cmyk = DecodeLuma(testing::MakeJpeg(image, {.cmyk = true}), 4);
  ASSERT_TRUE(cmyk.has_value()) << cmyk.error().message;
  EXPECT_LE(LargestDifference(cmyk->plane, tensor::LumaOf(image, 4)), 8);
  const Result<Luma> grey = DecodeLuma(testing::MakeJpeg(image, {.grey = true}), 4);
  ASSERT_TRUE(grey.has_value()) << grey.error().message;
  EXPECT_EQ(grey->plane.width, 16);
  EXPECT_NEAR(grey->plane.Row(0)[8], image.Row(0)[3 * 34], 8);
}

TEST(DecodeLuma, TurnsThePictureUpright) {
  const tensor::Image image = Gradient(64, 48);
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const Encoded jpeg = testing::JpegWithExif(testing::MakeJpeg(image, {}), orientation);
    const Result<Luma> luma = DecodeLuma(jpeg, 2);
    const Result<Picture> picture = Decode(jpeg);
    ASSERT_TRUE(luma.has_value() && picture.has_value());
    EXPECT_LE(LargestDifference(luma->plane, LumaOf(*picture, 2).plane), 4) << orientation;
    EXPECT_EQ(luma->source_width, picture->source_width);
  }
}

TEST(DecodeLuma, ReadsPngAndWebp) {
  const tensor::Image image = Gradient(67, 45);
  const testing::PngKind rgb = {.colour = testing::PngKind::Colour::kRgb};
  const std::vector<Encoded> files = {testing::MakePng(67, 45, rgb, image.pixels),
                                      testing::MakeWebp(image, true),
                                      testing::MakeWebp(image, false)};
  for (const Encoded& file : files) {
    const Result<Luma> luma = DecodeLuma(file, 4);
    ASSERT_TRUE(luma.has_value()) << luma.error().message;
    EXPECT_LE(LargestDifference(luma->plane, tensor::LumaOf(image, 4)), 10);
    EXPECT_EQ(luma->factor, 4);
  }
}

TEST(DecodeLuma, RefusesWhatDecodeRefuses) {
  Encoded jpeg = testing::MakeJpeg(Gradient(64, 48), {});
  const DecodeLimits small = {.side_max = 63};
  EXPECT_EQ(DecodeLuma(jpeg, 8, small).error().code, Code::kInvalidArgument);
  EXPECT_FALSE(DecodeLuma(testing::JpegClaiming(jpeg, 16000, 6000), 8).has_value());
  jpeg.resize(jpeg.size() * 3 / 4);
  EXPECT_EQ(DecodeLuma(jpeg, 8).error().code, Code::kInvalidArgument);
  EXPECT_EQ(DecodeLuma({}, 8).error().code, Code::kInvalidArgument);
}

TEST(LumaOf, KeepsTheFactorOfAPictureThatIsSmallAlready) {
  const Encoded jpeg = testing::MakeJpeg(Gradient(160, 80), {});
  const Result<Picture> picture = Decode(jpeg, {.longest_side_min = 20, .limits = {}});
  ASSERT_TRUE(picture.has_value());
  ASSERT_EQ(picture->factor, 8);
  const Luma luma = LumaOf(*picture, 4);
  EXPECT_EQ(luma.factor, 8);
  EXPECT_EQ(luma.plane.width, 20);
  EXPECT_EQ(luma.source_width, 160);
}

}  // namespace
}  // namespace perigee::media
