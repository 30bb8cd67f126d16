// What Decode refuses, and that it does so before it allocates.
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>

#include "media/decode.h"
#include "media/encode.h"
#include "media/testing/pictures.h"

namespace perigee::media {
namespace {

using testing::Encoded;
using testing::Gradient;

Encoded Bytes(std::string_view text) {
  Encoded bytes;
  for (const char letter : text) bytes.push_back(static_cast<std::byte>(letter));
  return bytes;
}

std::string Refusal(std::span<const std::byte> bytes, const DecodeOptions& options = {}) {
  const Result<Picture> picture = Decode(bytes, options);
  if (picture.has_value()) return "decoded";
  EXPECT_EQ(picture.error().code, Code::kInvalidArgument);
  return picture.error().message;
}

TEST(DecodeHostile, NamesWhatArrivedInsteadOfAPicture) {
  const std::pair<std::string, std::string> cases[] = {{std::string(4, 0) + "ftypheic", "HEIC"},
                                                       {std::string(4, 0) + "ftypavif", "AVIF"},
                                                       {"GIF89a", "GIF"},
                                                       {"%PDF-1.7", "PDF"}};
  for (const auto& [bytes, name] : cases) {
    EXPECT_EQ(Refusal(Bytes(bytes)),
              "decode picture: " + name + " is not supported: send JPEG, PNG or WebP");
  }
  EXPECT_EQ(Refusal(Bytes("hello, I am photo.jpg")),
            "decode picture: 21 bytes that are no picture we know: send JPEG, PNG or WebP");
}

TEST(DecodeHostile, SaysWhatIsMissingFromAFirstBytesOnlyFile) {
  using std::string_view_literals::operator""sv;
  EXPECT_EQ(Refusal({}), "decode picture: no bytes");
  EXPECT_EQ(Refusal(Bytes("\xff\xd8\xff")), "decode jpeg: 3 bytes, truncated or damaged header");
  EXPECT_EQ(Refusal(Bytes("\x89PNG\r\n\x1a\n")), "decode png: 8 bytes, no header");
  EXPECT_EQ(Refusal(Bytes("RIFF\4\0\0\0WEBP"sv)), "decode webp: damaged");
}

TEST(DecodeHostile, RefusesEveryTruncation) {
  const tensor::Image image = Gradient(90, 60);
  const Encoded all[] = {testing::MakeJpeg(image, {}),
                         testing::MakeJpeg(image, {.progressive = true}),
                         testing::MakeJpeg(image, {.cmyk = true}),
                         *EncodePng(image),
                         testing::MakeWebp(image, false),
                         testing::MakeWebp(image, true)};
  for (const Encoded& bytes : all) {
    for (std::size_t twentieths = 0; twentieths < 20; ++twentieths) {
      const auto part = std::span(bytes).first(bytes.size() * twentieths / 20);
      EXPECT_NE(Refusal(part), "decoded") << twentieths;
    }
    EXPECT_NE(Refusal(std::span(bytes).first(bytes.size() - 3)), "decoded");
  }
}

TEST(DecodeHostile, SurvivesEveryFlippedByte) {
  const tensor::Image image = Gradient(24, 17);
  const Encoded all[] = {testing::MakeJpeg(image, {.progressive = true}), *EncodePng(image),
                         testing::MakeWebp(image, false), testing::MakeWebp(image, true)};
  const DecodeOptions options = {.limits = {.side_max = 4096, .pixels_max = 1 << 20}};
  for (const Encoded& bytes : all) {
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      Encoded damaged = bytes;
      damaged[at] ^= std::byte{0xFF};
      const Result<Picture> picture = Decode(damaged, options);
      EXPECT_TRUE(picture.has_value() || !picture.error().message.empty());
    }
  }
}

TEST(DecodeHostile, RefusesAClaimedSizeBeforeAllocating) {
  const tensor::Image image = Gradient(32, 32);
  EXPECT_EQ(Refusal(testing::JpegClaiming(testing::MakeJpeg(image, {}), 40000, 40000)),
            "decode jpeg: 40000 x 40000 pixels, more than 16384 a side");
  EXPECT_EQ(Refusal(testing::PngClaiming(*EncodePng(image), 40000, 40000)),
            "decode png: 40000 x 40000 pixels, more than 16384 a side");
  EXPECT_EQ(Refusal(testing::PngClaiming(*EncodePng(image), 16000, 16000)),
            "decode png: 16000 x 16000 pixels, more than 100000000 in all");
  EXPECT_EQ(Refusal(testing::JpegClaiming(testing::MakeJpeg(image, {}), 0, 32)),
            "decode jpeg: no size");
}

TEST(DecodeHostile, KeepsTheCallersLimits) {
  const Encoded png = *EncodePng(Gradient(100, 50));
  EXPECT_EQ(Refusal(png, {.limits = {.side_max = 99}}),
            "decode png: 100 x 50 pixels, more than 99 a side");
  EXPECT_EQ(Refusal(png, {.limits = {.pixels_max = 4999}}),
            "decode png: 100 x 50 pixels, more than 4999 in all");
  EXPECT_EQ(Refusal(png, {.limits = {.side_max = 100, .pixels_max = 5000}}), "decoded");
}

TEST(DecodeHostile, RefusesMorePixelsThanTheBytesCanHold) {
  const Encoded jpeg = testing::JpegClaiming(testing::MakeJpeg(Gradient(32, 32), {}), 9000, 9000);
  EXPECT_EQ(Refusal(jpeg), "decode jpeg: " + std::to_string(jpeg.size()) +
                               " bytes cannot hold 9000 x 9000 pixels");
  const Encoded png = testing::PngClaiming(*EncodePng(Gradient(8, 8)), 9000, 9000);
  EXPECT_EQ(Refusal(png),
            "decode png: " + std::to_string(png.size()) + " bytes cannot hold 9000 x 9000 pixels");
  // As small as they get: one colour.
  const tensor::Image plain = tensor::Image::Of(4000, 3000);
  EXPECT_EQ(Refusal(*EncodePng(plain)), "decoded");
  EXPECT_EQ(Refusal(testing::MakeJpeg(plain, {.progressive = true, .quality = 1})), "decoded");
}

// A header that promises more rows than there are bytes for.
TEST(DecodeHostile, RefusesATallerClaimThanItsPixels) {
  const tensor::Image image = Gradient(32, 32);
  EXPECT_NE(Refusal(testing::JpegClaiming(testing::MakeJpeg(image, {}), 32, 4000)), "decoded");
  EXPECT_NE(Refusal(testing::PngClaiming(*EncodePng(image), 32, 4000)), "decoded");
}

// The last scan of `jpeg` once more, `count` times.
Encoded WithScans(Encoded jpeg, int count) {
  const auto is_scan = [&](std::size_t at) {
    return jpeg[at] == std::byte{0xFF} && jpeg[at + 1] == std::byte{0xDA};
  };
  std::size_t last = jpeg.size() - 4;
  while (!is_scan(last)) --last;
  const Encoded scan(jpeg.begin() + static_cast<std::ptrdiff_t>(last), jpeg.end() - 2);
  for (int i = 0; i < count; ++i) jpeg.insert(jpeg.end() - 2, scan.begin(), scan.end());
  return jpeg;
}

TEST(DecodeHostile, RefusesAJpegOfTooManyScans) {
  const Encoded jpeg = testing::MakeJpeg(Gradient(32, 32), {.progressive = true});
  EXPECT_EQ(Refusal(WithScans(jpeg, 5000)), "decode jpeg: more than 100 scans");
  EXPECT_EQ(Refusal(jpeg, {.limits = {.scan_pixels_max = 5000}}),
            "decode jpeg: 10 scans over 1024 pixels are too many");
  EXPECT_EQ(Refusal(jpeg), "decoded");
}

TEST(DecodeHostile, IgnoresDamagedChunksThatAreNotThePicture) {
  const Encoded junk(300, std::byte{0xA5});
  Encoded png = *EncodePng(Gradient(8, 8));
  for (const char* type : {"iCCP", "zTXt", "iTXt", "eXIf", "gAMA", "quUx"}) {
    png = testing::PngWithChunk(png, type, junk);
  }
  EXPECT_EQ(Decode(png)->image.pixels, Gradient(8, 8).pixels);
}

TEST(DecodeHostile, RefusesAnAnimation) {
  Encoded webp = testing::WebpWithExif(testing::MakeWebp(Gradient(8, 8), true), Gradient(8, 8), 1);
  webp[20] = std::byte{0x02};  // VP8X flags: animated
  EXPECT_EQ(Refusal(webp), "decode webp: animations are not supported");
}

}  // namespace
}  // namespace perigee::media
