// Compressed pictures in, upright RGB out: JPEG, PNG and WebP, told apart by their first bytes and
// never by a name. All input is hostile: sizes are checked before anything is allocated, damaged
// and truncated files are InvalidArgument. Pure functions; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "tensor/image.h"
#include "tensor/resample.h"

namespace perigee::media {

enum class Format { kJpeg, kPng, kWebp };

// "jpeg".
std::string_view FormatName(Format format);

struct DecodeLimits {
  int side_max = 16384;                   // px
  std::int64_t pixels_max = 100'000'000;  // of the source; memory needed is about 3 to 10 times
  int scans_max = 100;                    // of a progressive JPEG; encoders write about 10
  std::int64_t scan_pixels_max = 1'000'000'000;  // scans * pixels, which is what a scan costs
};

struct DecodeOptions {
  // The picture may come smaller than its source as long as its longest side is at least this, px.
  // JPEG and lossy WebP give the smallest of 1/8, 1/4, 1/2 and 1 that fits; others come whole.
  // libjpeg-turbo knows the eighths between, but they cost more than the next of these four
  // (decode_bench.cc: 7/8 took half as long again as 8/8).
  // 0: full size.
  int longest_side_min = 0;
  DecodeLimits limits;
};

struct PictureInfo {
  Format format = Format::kJpeg;
  int width = 0;  // of the upright picture, px
  int height = 0;
  int orientation = 1;  // EXIF, 1..8: how it is stored; 1 is upright
};

struct Picture {
  tensor::Image image;   // [height, width, 3] u8 RGB, upright; may be smaller than the source
  int source_width = 0;  // of the upright source, px
  int source_height = 0;
  int factor = 1;  // 1, 2, 4 or 8: the image is the source at 1/factor

  tensor::ReducedView View() const { return {image, factor, source_width, source_height}; }
};

// Format and size from the header, without decoding.
Result<PictureInfo> Probe(std::span<const std::byte> bytes);

// EXIF orientation is applied. Alpha is laid over white, CMYK is read with Adobe's inverted
// convention, 16 bits become 8, animations are refused; colour profiles and gamma are ignored.
// `reuse`: memory that may become the picture's, such as the pixels of the frame before, whatever
// they are; it goes when the decoding fails.
Result<Picture> Decode(std::span<const std::byte> bytes, const DecodeOptions& options = {},
                       std::vector<std::uint8_t> reuse = {});

}  // namespace perigee::media
