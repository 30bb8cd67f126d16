// What the three decoders share: their entry points, seen by decode.cc alone. Headers are read by
// our own code before a library sees the file, so that limits hold before anything is allocated.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "media/bytes.h"
#include "media/decode.h"
#include "tensor/image.h"
#include "tensor/plane.h"

namespace perigee::media {

// As stored, before orientation.
struct Header {
  int width = 0;
  int height = 0;
  int orientation = 1;
};

// The size that the picture is decoded to, px, as stored.
struct Size {
  int width = 0;
  int height = 0;
};

// 1/8, 1/4, 1/2 or all of the header's size: the smallest whose longest side is at least
// `longest_side_min`, rounded up as libjpeg does; the whole for 0.
Size ScaledSize(const Header& header, int longest_side_min);

Result<Header> ReadJpegHeader(Bytes bytes);
Result<Header> ReadPngHeader(Bytes bytes);
Result<Header> ReadWebpHeader(Bytes bytes);

// Memory for pixels, whatever it holds.
using Pixels = std::vector<std::uint8_t>;

// `size` bytes, whatever they hold, in `reuse` if they fit: growing would copy what nobody reads.
Pixels Resized(Pixels reuse, std::size_t size);

// `header` is the one read from the same bytes and is within the limits. The picture as stored.
Result<tensor::Image> DecodeJpeg(Bytes bytes, const Header& header, const DecodeOptions& options,
                                 Pixels reuse);
Result<tensor::Image> DecodePng(Bytes bytes, const Header& header, const DecodeOptions& options,
                                Pixels reuse);
Result<tensor::Image> DecodeWebp(Bytes bytes, const Header& header, const DecodeOptions& options,
                                 Pixels reuse);

// InvalidArgument if the header names more pixels than the limits allow.
Result<void> CheckLimits(Format format, const Header& header, const DecodeLimits& limits);

// The brightness of the picture as stored, at 1/factor, sides rounded up. Factor 1, 2, 4 or 8.
Result<tensor::Plane> DecodeJpegLuma(Bytes bytes, const Header& header, int factor,
                                     const DecodeLimits& limits);

// "73 bytes cannot hold 9000 x 9000 pixels": a header that lies, found before anything is
// allocated.
std::string TooFewBytes(Bytes bytes, const Header& header);

// `rgba`: [height, width, 4] u8, alpha not multiplied in. Lays it over white, which is what a page
// would show.
tensor::Image OverWhite(Bytes rgba, Size size);

}  // namespace perigee::media
