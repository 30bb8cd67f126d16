// What the three decoders share: their entry points, seen by decode.cc alone. Headers are read by
// our own code before a library sees the file, so that limits hold before anything is allocated.
#pragma once

#include <string>

#include "base/result.h"
#include "media/bytes.h"
#include "media/decode.h"
#include "tensor/image.h"

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

// `header` is the one read from the same bytes and is within the limits. The picture as stored.
Result<tensor::Image> DecodeJpeg(Bytes bytes, const Header& header, const DecodeOptions& options);
Result<tensor::Image> DecodePng(Bytes bytes, const Header& header, const DecodeOptions& options);
Result<tensor::Image> DecodeWebp(Bytes bytes, const Header& header, const DecodeOptions& options);

// "73 bytes cannot hold 9000 x 9000 pixels": a header that lies, found before anything is
// allocated.
std::string TooFewBytes(Bytes bytes, const Header& header);

// `rgba`: [height, width, 4] u8, alpha not multiplied in. Lays it over white, which is what a page
// would show.
tensor::Image OverWhite(Bytes rgba, Size size);

}  // namespace perigee::media
