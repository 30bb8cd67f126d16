#include "tensor/resample.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace perigee::tensor {
namespace {

Image Noise(int width, int height) {
  Image image = Image::Of(width, height);
  std::mt19937 random(static_cast<unsigned>(width * 1000 + height));
  for (std::uint8_t& value : image.pixels) value = static_cast<std::uint8_t>(random());
  return image;
}

// The definition, pixel by pixel: pad with zeros, then tf.image.resizeBilinear.
double Expected(const Image& source, const Framing& framing, double x, double y, int channel) {
  const auto at = [&](int column, int row) -> double {
    const int sx = column - framing.left;
    const int sy = row - framing.top;
    if (sx < 0 || sy < 0 || sx >= framing.visible.width || sy >= framing.visible.height) return 0;
    return source.Row(framing.visible.y +
                      sy)[3U * unsigned(framing.visible.x + sx) + unsigned(channel)];
  };
  const int left = static_cast<int>(x);
  const int top = static_cast<int>(y);
  const int right = std::min(left + 1, framing.width - 1);
  const int bottom = std::min(top + 1, framing.height - 1);
  const double upper = at(left, top) + (at(right, top) - at(left, top)) * (x - left);
  const double lower = at(left, bottom) + (at(right, bottom) - at(left, bottom)) * (x - left);
  return upper + (lower - upper) * (y - top);
}

// The largest distance of a sample from the unrounded definition.
double Distance(const Image& source, const Framing& framing, int width, int height) {
  std::vector<std::uint8_t> pixels(std::size_t{3} * width * height, 99);
  ResampleBilinear(source, framing, {pixels, width, height});
  double largest = 0;
  for (int i = 0; i < static_cast<int>(pixels.size()); ++i) {
    const double x = 1.0 * framing.width / width * (i / 3 % width);
    const double y = 1.0 * framing.height / height * (i / 3 / width);
    const double expected = Expected(source, framing, x, y, i % 3);
    largest = std::max(largest, std::abs(expected - pixels[static_cast<std::size_t>(i)]));
  }
  return largest;
}

constexpr double kRounding = 0.5001;

TEST(ResampleBilinear, IsTheDefinitionWhenShrinkingAndEnlarging) {
  const Image source = Noise(61, 43);
  for (const auto& [width, height] : std::vector<std::pair<int, int>>{
           {40, 30}, {416, 277}, {61, 43}, {1, 1}, {7, 90}, {122, 86}, {20, 21}}) {
    EXPECT_LE(Distance(source, WholePicture(source), width, height), kRounding) << width;
  }
}

TEST(ResampleBilinear, IsTheDefinitionForAPartInsideABlackFrame) {
  const Image source = Noise(50, 40);
  EXPECT_LE(Distance(source, {{10, 5, 30, 20}, 0, 5, 30, 30}, 112, 112), kRounding);
  EXPECT_LE(Distance(source, {{0, 0, 50, 40}, 0, 0, 50, 50}, 32, 32), kRounding);
  EXPECT_LE(Distance(source, {{49, 39, 1, 1}, 0, 0, 1, 1}, 5, 5), kRounding);
  EXPECT_LE(Distance(source, {{3, 3, 1, 9}, 4, 0, 9, 9}, 48, 48), kRounding);
}

TEST(ResampleBilinear, HandsBackAPictureOfTheSameSizeUnchanged) {
  const Image source = Noise(33, 18);
  EXPECT_EQ(ResizeBilinear(source, 33, 18).pixels, source.pixels);
}

TEST(ResampleBilinear, RoundsHalfUp) {
  Image source = Image::Of(2, 1);
  source.pixels = {0, 0, 10, 1, 255, 10};
  EXPECT_EQ(ResizeBilinear(source, 4, 1).pixels,
            (std::vector<std::uint8_t>{0, 0, 10, 1, 128, 10, 1, 255, 10, 1, 255, 10}));
}

TEST(ResampleBilinear, CutsAVisiblePartThatReachesOutside) {
  const Image source = Noise(10, 10);
  const Framing wild[] = {{{-5, -5, 100, 100}, 0, 0, 20, 20},
                          {{8, 8, 5, 5}, 0, 0, 5, 5},
                          {{0, 0, 10, 10}, -3, -3, 5, 5},
                          {{0, 0, 10, 10}, 4, 4, 6, 6},
                          {{-2147483647, 0, 2147483647, 10}, 2147483647, 0, 20, 20},
                          {{2147483647, 0, 2147483647, 10}, 0, 0, 20, 20}};
  std::vector<std::uint8_t> pixels(std::size_t{3} * 16 * 16);
  for (const Framing& framing : wild) ResampleBilinear(source, framing, {pixels, 16, 16});
  EXPECT_LE(Distance(source, {{0, 0, 10, 10}, 2, 2, 20, 20}, 16, 16), kRounding);
}

TEST(ResampleBilinear, PaintsAnEmptyFrameBlack) {
  std::vector<std::uint8_t> pixels(12, 7);
  ResampleBilinear(Noise(4, 4), {}, {pixels, 2, 2});
  EXPECT_EQ(pixels, std::vector<std::uint8_t>(12, 0));
}

TEST(ResizeArea, AveragesThePixelsUnderEach) {
  Image source = Image::Of(4, 2);
  for (std::size_t i = 0; i < source.pixels.size(); ++i) {
    source.pixels[i] = static_cast<std::uint8_t>(i / 3 * 10);
  }
  // 0 10 20 30 / 40 50 60 70
  EXPECT_EQ(ResizeArea(source, 2, 1).pixels, (std::vector<std::uint8_t>{25, 25, 25, 45, 45, 45}));
  EXPECT_EQ(ResizeArea(source, 4, 2).pixels, source.pixels);
}

TEST(ResizeArea, RepeatsPixelsWhenItEnlarges) {
  Image source = Image::Of(1, 1);
  source.pixels = {1, 2, 3};
  EXPECT_EQ(ResizeArea(source, 2, 1).pixels, (std::vector<std::uint8_t>{1, 2, 3, 1, 2, 3}));
}

// A picture whose levels grow evenly to the right and down, so that a sample's level says where it
// was taken.
Image Slope(int width, int height) {
  Image image = Image::Of(width, height);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      image.Row(y)[std::size_t{3} * x] = static_cast<std::uint8_t>(x);
      image.Row(y)[std::size_t{3} * x + 1] = static_cast<std::uint8_t>(y);
    }
  }
  return image;
}

TEST(ResampleReduced, ReadsTheSamePlacesFromAReducedPictureAsFromTheWhole) {
  const Image whole = Slope(240, 160);
  const Image quarter = ResizeArea(whole, 60, 40);
  const Framing framing{{20, 12, 200, 120}, 0, 40, 200, 200};
  Image from_whole = Image::Of(40, 40);
  Image from_quarter = Image::Of(40, 40);
  ResampleReduced(Unreduced(whole), framing, 2, {from_whole.pixels, 40, 40});
  ResampleReduced({quarter, 4, 240, 160}, framing, 2, {from_quarter.pixels, 40, 40});
  for (std::size_t i = 0; i < from_whole.pixels.size(); ++i) {
    ASSERT_NEAR(from_whole.pixels[i], from_quarter.pixels[i], 1) << i;
  }
  EXPECT_NEAR(from_whole.Row(20)[std::size_t{3} * 10], 20 + 10 * 5, 1);
  EXPECT_NEAR(from_whole.Row(20)[std::size_t{3} * 10 + 1], 12 + 20 * 5 - 40, 1);
  EXPECT_EQ(from_whole.Row(2)[0], 0);
}

TEST(ResampleReduced, SkipsNoPixelWhenItShrinks) {
  Image stripes = Image::Of(64, 64);
  for (std::size_t i = 0; i < stripes.pixels.size(); i += 6) {
    std::fill_n(stripes.pixels.begin() + static_cast<std::ptrdiff_t>(i), 3, std::uint8_t{255});
  }
  Image shrunk = Image::Of(16, 16);
  ResampleReduced(Unreduced(stripes), WholePicture(stripes), 2, {shrunk.pixels, 16, 16});
  for (const std::uint8_t level : shrunk.pixels) ASSERT_NEAR(level, 128, 1);
}

TEST(ResampleReduced, IsBilinearWhereNothingIsReduced) {
  const Image source = Noise(30, 20);
  Image reduced = Image::Of(20, 20);
  Image bilinear = Image::Of(20, 20);
  ResampleReduced(Unreduced(source), WholePicture(source), 2, {reduced.pixels, 20, 20});
  ResampleBilinear(source, WholePicture(source), {bilinear.pixels, 20, 20});
  EXPECT_EQ(reduced.pixels, bilinear.pixels);
}

TEST(ResampleReduced, PaintsWhatIsOutsideBlack) {
  const Image source = Noise(64, 64);
  std::vector<std::uint8_t> pixels(std::size_t{3} * 8 * 8, 1);
  ResampleReduced(Unreduced(source), {{500, 500, 64, 64}, 0, 0, 64, 64}, 2, {pixels, 8, 8});
  EXPECT_EQ(std::ranges::count(pixels, 0), std::ssize(pixels));
}

}  // namespace
}  // namespace perigee::tensor
