#include "media/orient.h"

#include <gtest/gtest.h>

#include <vector>

#include "media/testing/pictures.h"

namespace perigee::media {
namespace {

// [2, 3]: 1 2 3 / 4 5 6 as grey.
tensor::Image Numbered() {
  tensor::Image image = tensor::Image::Of(3, 2);
  for (std::size_t i = 0; i < image.pixels.size(); ++i) {
    image.pixels[i] = static_cast<std::uint8_t>(i / 3 + 1);
  }
  return image;
}

std::vector<int> Reds(const tensor::Image& image) {
  std::vector<int> reds;
  for (std::size_t i = 0; i < image.pixels.size(); i += 3) reds.push_back(image.pixels[i]);
  return reds;
}

TEST(Upright, TurnsAndMirrorsAsExifNumbersThem) {
  const std::vector<std::vector<int>> wanted = {
      {1, 2, 3, 4, 5, 6}, {3, 2, 1, 6, 5, 4}, {6, 5, 4, 3, 2, 1}, {4, 5, 6, 1, 2, 3},
      {1, 4, 2, 5, 3, 6}, {4, 1, 5, 2, 6, 3}, {6, 3, 5, 2, 4, 1}, {3, 6, 2, 5, 1, 4}};
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const tensor::Image upright = Upright(Numbered(), orientation);
    EXPECT_EQ(upright.width, SwapsSides(orientation) ? 2 : 3);
    EXPECT_EQ(Reds(upright), wanted[static_cast<std::size_t>(orientation - 1)]) << orientation;
  }
}

TEST(Upright, KeepsTheChannelsTogetherOverManyTiles) {
  const tensor::Image stored = testing::Gradient(100, 67);
  const tensor::Image turned = Upright(stored, 6);
  const tensor::Image back = Upright(turned, 8);
  EXPECT_EQ(back.pixels, stored.pixels);
  for (int y = 0; y < stored.height; ++y) {
    for (int x = 0; x < stored.width; ++x) {
      const auto from = static_cast<std::size_t>(3 * x + 1);
      const auto to = static_cast<std::size_t>(3 * (stored.height - 1 - y) + 1);
      ASSERT_EQ(turned.Row(x)[to], stored.Row(y)[from]);
    }
  }
}

}  // namespace
}  // namespace perigee::media
