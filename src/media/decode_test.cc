#include "media/decode.h"

#include <gtest/gtest.h>

#include <future>
#include <utility>
#include <vector>

#include "media/encode.h"
#include "media/testing/pictures.h"
#include "tensor/resample.h"

namespace perigee::media {
namespace {

using testing::Encoded;
using testing::Gradient;
using testing::LargestDifference;
using testing::PngKind;

tensor::Image Pixels(const Encoded& bytes, int longest_side_min = 0) {
  Result<Picture> picture = Decode(bytes, {.longest_side_min = longest_side_min, .limits = {}});
  EXPECT_TRUE(picture.has_value()) << (picture ? "" : picture.error().message);
  return picture ? std::move(picture->image) : tensor::Image{};
}

tensor::Image Grey(std::vector<std::uint8_t> values, int width) {
  tensor::Image image = tensor::Image::Of(width, static_cast<int>(values.size()) / width);
  for (std::size_t i = 0; i < image.pixels.size(); ++i) image.pixels[i] = values[i / 3];
  return image;
}

TEST(Decode, ReadsBaselineAndProgressiveJpeg) {
  const tensor::Image image = Gradient(70, 45);
  for (const bool progressive : {false, true}) {
    const Encoded jpeg = testing::MakeJpeg(image, {.progressive = progressive});
    EXPECT_LE(LargestDifference(Pixels(jpeg), image), 8) << progressive;
  }
}

TEST(Decode, MakesGreyJpegRgb) {
  const tensor::Image grey = Pixels(testing::MakeJpeg(Gradient(32, 16), {.grey = true}));
  ASSERT_EQ(grey.width, 32);
  EXPECT_NEAR(grey.Row(8)[3 * 20], 40 + 200 * 20 / 32, 4);
  EXPECT_EQ(grey.Row(8)[3 * 20], grey.Row(8)[3 * 20 + 2]);
}

TEST(Decode, ReadsCmykJpegAsAdobeInvertsIt) {
  const tensor::Image image = Gradient(48, 48);
  EXPECT_LE(LargestDifference(Pixels(testing::MakeJpeg(image, {.cmyk = true})), image), 8);
}

TEST(Decode, GivesTheSmallestJpegScaleThatCoversTheSide) {
  const Encoded jpeg = testing::MakeJpeg(Gradient(803, 401), {});
  const struct {
    int side_min, width, height;
  } cases[] = {{1, 101, 51},    {101, 101, 51},  {102, 201, 101}, {201, 201, 101},
               {202, 402, 201}, {403, 803, 401}, {803, 803, 401}, {5000, 803, 401}};
  for (const auto& wanted : cases) {
    const Result<Picture> picture =
        Decode(jpeg, {.longest_side_min = wanted.side_min, .limits = {}});
    ASSERT_TRUE(picture.has_value());
    EXPECT_EQ(picture->image.width, wanted.width) << wanted.side_min;
    EXPECT_EQ(picture->image.height, wanted.height) << wanted.side_min;
    EXPECT_EQ(picture->source_width, 803);
    EXPECT_EQ(picture->source_height, 401);
  }
}

TEST(Decode, ScalesWithoutChangingThePicture) {
  const tensor::Image image = Gradient(640, 480);
  const tensor::Image small = tensor::ResizeArea(image, 160, 120);
  EXPECT_LE(LargestDifference(Pixels(testing::MakeJpeg(image, {}), 160), small), 8);
  EXPECT_LE(LargestDifference(Pixels(testing::MakeWebp(image, false), 160), small), 12);
}

TEST(Decode, ReadsPngExactly) {
  const tensor::Image image = Gradient(37, 21);
  EXPECT_EQ(Pixels(*EncodePng(image)).pixels, image.pixels);
  const Encoded interlaced = testing::MakePng(37, 21, {.interlaced = true}, image.pixels);
  EXPECT_EQ(Pixels(interlaced).pixels, image.pixels);
}

TEST(Decode, ReadsSixteenBitAndOneBitPng) {
  const std::vector<std::uint8_t> deep = {0x00, 0x00, 0x80, 0x10, 0xFF, 0xFF};
  const PngKind sixteen = {.colour = PngKind::Colour::kGrey, .depth = 16};
  EXPECT_EQ(Pixels(testing::MakePng(3, 1, sixteen, deep)).pixels, Grey({0, 128, 255}, 3).pixels);
  const std::vector<std::uint8_t> bits = {0b10100000};
  const PngKind one = {.colour = PngKind::Colour::kGrey, .depth = 1};
  EXPECT_EQ(Pixels(testing::MakePng(3, 1, one, bits)).pixels, Grey({255, 0, 255}, 3).pixels);
}

TEST(Decode, ReadsPalettePng) {
  const PngKind kind = {.colour = PngKind::Colour::kPalette, .palette = {9, 8, 7, 200, 100, 50}};
  const std::vector<std::uint8_t> indices = {1, 0};
  const tensor::Image image = Pixels(testing::MakePng(2, 1, kind, indices));
  EXPECT_EQ(image.pixels, (std::vector<std::uint8_t>{200, 100, 50, 9, 8, 7}));
}

TEST(Decode, LaysTransparencyOverWhite) {
  const std::vector<std::uint8_t> rgba = {10, 20, 30, 255, 10, 20, 30, 0, 0, 100, 255, 128};
  const std::vector<std::uint8_t> wanted = {10, 20, 30, 255, 255, 255, 127, 177, 255};
  const Encoded png = testing::MakePng(3, 1, {.colour = PngKind::Colour::kRgba}, rgba);
  EXPECT_EQ(Pixels(png).pixels, wanted);
  EXPECT_EQ(Pixels(testing::MakeWebpWithAlpha(3, 1, rgba)).pixels, wanted);
  const std::vector<std::uint8_t> grey_alpha = {77, 255, 77, 0};
  const PngKind kind = {.colour = PngKind::Colour::kGreyAlpha};
  EXPECT_EQ(Pixels(testing::MakePng(2, 1, kind, grey_alpha)).pixels, Grey({77, 255}, 2).pixels);
}

TEST(Decode, ReadsLossyAndLosslessWebp) {
  const tensor::Image image = Gradient(66, 41);
  EXPECT_LE(LargestDifference(Pixels(testing::MakeWebp(image, false)), image), 16);
  EXPECT_EQ(Pixels(testing::MakeWebp(image, true)).pixels, image.pixels);
}

TEST(Decode, ReadsOnePixelOfEachFormat) {
  const tensor::Image image = Gradient(1, 1);
  const Encoded all[] = {testing::MakeJpeg(image, {}), *EncodePng(image),
                         testing::MakeWebp(image, true), testing::MakeWebp(image, false)};
  for (const Encoded& bytes : all) {
    for (const int side : {0, 1, 416}) EXPECT_LE(LargestDifference(Pixels(bytes, side), image), 8);
  }
}

TEST(Decode, TurnsEveryFormatUpright) {
  const tensor::Image stored = Gradient(64, 32);
  const Encoded all[] = {testing::JpegWithExif(testing::MakeJpeg(stored, {}), 6),
                         testing::PngWithExif(*EncodePng(stored), 6),
                         testing::WebpWithExif(testing::MakeWebp(stored, true), stored, 6)};
  for (const Encoded& bytes : all) {
    const Result<Picture> picture = Decode(bytes);
    ASSERT_TRUE(picture.has_value()) << picture.error().message;
    EXPECT_EQ(picture->source_width, 32);
    ASSERT_EQ(picture->image.height, 64);
    // Orientation 6: what is stored at the bottom left belongs at the top left.
    EXPECT_NEAR(picture->image.Row(0)[1], stored.Row(31)[1], 8);
    EXPECT_NEAR(picture->image.Row(63)[0], stored.Row(31)[3 * 63], 8);
  }
}

TEST(Probe, TellsFormatAndUprightSizeWithoutDecoding) {
  const tensor::Image stored = Gradient(64, 32);
  Encoded jpeg = testing::JpegWithExif(testing::MakeJpeg(stored, {}), 8);
  jpeg.resize(jpeg.size() - 40);  // in the middle of the pixels
  const Result<PictureInfo> info = Probe(jpeg);
  ASSERT_TRUE(info.has_value());
  EXPECT_EQ(FormatName(info->format), "jpeg");
  EXPECT_EQ(info->width, 32);
  EXPECT_EQ(info->height, 64);
  EXPECT_EQ(info->orientation, 8);
  EXPECT_EQ(FormatName(Probe(*EncodePng(stored))->format), "png");
  EXPECT_EQ(FormatName(Probe(testing::MakeWebp(stored, true))->format), "webp");
}

TEST(Decode, GivesTheSameOnManyThreads) {
  const Encoded jpeg = testing::MakeJpeg(Gradient(200, 100), {.progressive = true});
  const tensor::Image alone = Pixels(jpeg);
  std::vector<std::future<tensor::Image>> others;
  for (int i = 0; i < 8; ++i) {
    others.push_back(std::async(std::launch::async, [&] { return Pixels(jpeg); }));
  }
  for (auto& other : others) EXPECT_EQ(other.get().pixels, alone.pixels);
}

TEST(Decode, WritesEveryPixelIntoMemoryThatIsLargeEnough) {
  const tensor::Image image = Gradient(40, 30);
  for (const Encoded& encoded :
       {testing::MakeJpeg(image, {}), *EncodePng(image), testing::MakeWebp(image, true)}) {
    std::vector<std::uint8_t> reuse(image.pixels.size() + 100, 0xAA);
    const std::uint8_t* const memory = reuse.data();
    const auto picture = Decode(encoded, {}, std::move(reuse));
    ASSERT_TRUE(picture.has_value());
    EXPECT_EQ(picture->image.pixels.data(), memory);
    EXPECT_EQ(picture->image.pixels, Pixels(encoded).pixels);
  }
}

TEST(Decode, LeavesMemoryThatIsTooSmall) {
  const Encoded jpeg = testing::MakeJpeg(Gradient(40, 30), {});
  const auto picture = Decode(jpeg, {}, std::vector<std::uint8_t>(100, 0xAA));
  ASSERT_TRUE(picture.has_value());
  EXPECT_EQ(picture->image.pixels, Pixels(jpeg).pixels);
}

}  // namespace
}  // namespace perigee::media
