#include "media/draw.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace perigee::media {
namespace {

constexpr Colour kRed = {255, 0, 0};

std::size_t CountRed(const tensor::Image& image) {
  std::size_t red = 0;
  for (std::size_t i = 0; i < image.pixels.size(); i += 3) red += image.pixels[i] == 255 ? 1 : 0;
  return red;
}

TEST(Draw, FramesARectangle) {
  tensor::Image image = tensor::Image::Of(10, 10);
  DrawRectangle(image, {2, 2, 5, 4}, 1, kRed);
  EXPECT_EQ(CountRed(image), 2U * 5 + 2U * 2);
  EXPECT_EQ(image.Row(2)[6], 255);
  EXPECT_EQ(image.Row(3)[9], 0);
}

TEST(Draw, ClipsAtTheBorder) {
  tensor::Image image = tensor::Image::Of(4, 4);
  DrawRectangle(image, {-5, -5, 100, 100}, 2, kRed);
  DrawLabel(image, -3, 1, "happy 100%", {.text = kRed, .background = {}, .scale = 3});
  DrawLabel(image, 100, 100, "x", {.text = kRed, .background = {}, .scale = 1});
  EXPECT_EQ(image.pixels.size(), 48U);
}

TEST(Draw, WritesEveryLetterDigitAndPercent) {
  for (const char c : std::string_view("abcdefghijklmnopqrstuvwxyz0123456789%")) {
    tensor::Image image = tensor::Image::Of(12, 12);
    DrawLabel(image, 0, 12, {&c, 1}, {.text = kRed, .background = {}, .scale = 1});
    EXPECT_GT(CountRed(image), 5U) << c;
  }
}

}  // namespace
}  // namespace perigee::media
