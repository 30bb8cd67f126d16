// Makes the compressed pictures that tests decode: every kind that EncodeJpeg and EncodePng do not
// write, and headers that lie. For tests of any room; failure to make one is a CHECK.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "tensor/image.h"

namespace perigee::media::testing {

using Encoded = std::vector<std::byte>;

// Smooth, so that lossy codecs keep it, and different at each corner.
tensor::Image Gradient(int width, int height);

struct JpegKind {
  bool progressive = false;
  bool grey = false;  // from the picture's red
  bool cmyk = false;  // Adobe's inverted CMYK of the same colours, without black
  int quality = 95;
};
Encoded MakeJpeg(const tensor::Image& image, const JpegKind& kind);

struct PngKind {
  enum class Colour { kGrey, kRgb, kPalette, kGreyAlpha, kRgba };
  Colour colour = Colour::kRgb;
  int depth = 8;  // bits a sample
  bool interlaced = false;
  // Of Colour::kPalette: entries RGB.
  std::vector<std::uint8_t> palette = {};
};
// `rows`: as the file holds them, unfiltered: big-endian samples, no padding between rows.
Encoded MakePng(int width, int height, const PngKind& kind, std::span<const std::uint8_t> rows);

Encoded MakeWebp(const tensor::Image& image, bool lossless);
// `rgba`: [height, width, 4] u8.
Encoded MakeWebpWithAlpha(int width, int height, std::span<const std::uint8_t> rgba);

// The TIFF structure of EXIF with nothing but an orientation, little- or big-endian.
Encoded MakeExif(int orientation, bool big_endian = false);
// The same pictures with that structure in the place their format has for it.
Encoded JpegWithExif(const Encoded& jpeg, int orientation);
Encoded PngWithExif(const Encoded& png, int orientation);
Encoded WebpWithExif(const Encoded& webp, const tensor::Image& image, int orientation);

// Before PNG's first IDAT; the checksum is right.
Encoded PngWithChunk(const Encoded& png, std::string_view type, std::span<const std::byte> payload);

// The size fields of the header overwritten, everything else as it was.
Encoded JpegClaiming(Encoded jpeg, int width, int height);
Encoded PngClaiming(Encoded png, int width, int height);

// The largest difference of a sample; 256 if the sizes differ.
int LargestDifference(const tensor::Image& a, const tensor::Image& b);

}  // namespace perigee::media::testing
