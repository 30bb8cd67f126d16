#include "media/luma.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "media/bytes.h"
#include "media/codec.h"
#include "media/orient.h"

namespace perigee::media {
namespace {

Result<Luma> LumaOfJpeg(Bytes bytes, int factor, const DecodeLimits& limits) {
  const Header header = TRY(ReadJpegHeader(bytes));
  TRY(CheckLimits(Format::kJpeg, header, limits));
  tensor::Plane stored = TRY(DecodeJpegLuma(bytes, header, factor, limits));
  Luma luma = {Upright(std::move(stored), header.orientation), header.width, header.height, factor};
  if (SwapsSides(header.orientation)) std::swap(luma.source_width, luma.source_height);
  return luma;
}

}  // namespace

Result<Luma> DecodeLuma(Bytes bytes, int factor, const DecodeLimits& limits) {
  CHECK(factor == 1 || factor == 2 || factor == 4 || factor == 8);
  const PictureInfo info = TRY(Probe(bytes));
  if (info.format == Format::kJpeg) return LumaOfJpeg(bytes, factor, limits);
  const int longest = std::max(info.width, info.height);
  const Picture picture = TRY(Decode(bytes, {(longest - 1) / factor + 1, limits}));
  return LumaOf(picture, factor);
}

Luma LumaOf(const Picture& picture, int factor) {
  const int factor_more = std::max(1, factor / picture.factor);
  return {tensor::LumaOf(picture.image, factor_more), picture.source_width, picture.source_height,
          picture.factor * factor_more};
}

}  // namespace perigee::media
