// The brightness of a compressed picture, small: what tracking and the change gate look at between
// detections. Of a JPEG only the luma is turned from coefficients into pixels, at 1/8, 1/4, 1/2 or
// 1; its entropy coding still has to be read whole, so ask once and halve the plane where a smaller
// one is wanted too. All input is hostile; limits and errors are those of Decode. Any thread.
#pragma once

#include <cstddef>
#include <span>

#include "base/result.h"
#include "media/decode.h"
#include "tensor/plane.h"

namespace perigee::media {

struct Luma {
  tensor::Plane plane;   // [height, width] u8, upright
  int source_width = 0;  // of the upright source, px
  int source_height = 0;
  int factor = 1;  // 1, 2, 4 or 8: the plane is the source at 1/factor

  tensor::LumaView View() const { return {plane, factor, source_width, source_height}; }
};

// JPEG, PNG or WebP at exactly 1/factor, sides rounded up. Factor 1, 2, 4 or 8: CHECKed.
// A picture with transparency lies over white.
Result<Luma> DecodeLuma(std::span<const std::byte> bytes, int factor,
                        const DecodeLimits& limits = {});

// The same plane from a picture already decoded, for the frames that a detector sees anyway. The
// factor is the larger of the one asked and the picture's own.
Luma LumaOf(const Picture& picture, int factor);

}  // namespace perigee::media
