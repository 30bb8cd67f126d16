// Hostile pictures: Probe and Decode must neither crash nor allocate beyond the limits, whatever
// the bytes; and what they accept must keep its promises.
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/check.h"
#include "media/decode.h"
#include "media/luma.h"

using perigee::media::Decode;
using perigee::media::DecodeLuma;
using perigee::media::DecodeOptions;
using perigee::media::Luma;
using perigee::media::Picture;
using perigee::media::PictureInfo;
using perigee::media::Probe;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  DecodeOptions options;
  options.limits = {.side_max = 2048, .pixels_max = 1 << 18, .scans_max = 20};
  options.limits.scan_pixels_max = 1 << 22;
  const perigee::Result<PictureInfo> info = Probe(bytes);
  for (const int side : {0, 24}) {
    options.longest_side_min = side;
    const perigee::Result<Picture> picture = Decode(bytes, options);
    if (!picture) continue;
    CHECK(info.has_value());
    CHECK(picture->source_width == info->width && picture->source_height == info->height);
    const perigee::tensor::Image& image = picture->image;
    CHECK(image.width > 0 && image.width <= info->width);
    CHECK(image.height > 0 && image.height <= info->height);
    CHECK(image.pixels.size() == std::size_t{3} * image.width * image.height);
  }
  const perigee::Result<Luma> luma = DecodeLuma(bytes, 4, options.limits);
  if (luma) {
    CHECK(info.has_value());
    CHECK(luma->source_width == info->width && luma->source_height == info->height);
    CHECK(luma->plane.width == (info->width + 3) / 4);
    CHECK(luma->plane.height == (info->height + 3) / 4);
  }
  return 0;
}
