// One channel of a picture, its brightness mostly: [height, width] u8, row-major, origin top left,
// no padding between rows. Plain values; pure.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "tensor/image.h"

namespace perigee::tensor {

struct Plane {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> pixels;  // height * width

  static Plane Of(int width, int height) {
    return {width, height, std::vector<std::uint8_t>(std::size_t{1} * width * height)};
  }
  std::span<const std::uint8_t> Row(int y) const {
    return std::span(pixels).subspan(std::size_t{1} * width * y, static_cast<std::size_t>(width));
  }
  std::span<std::uint8_t> Row(int y) {
    return std::span(pixels).subspan(std::size_t{1} * width * y, static_cast<std::size_t>(width));
  }
};

// The brightness of a picture of width x height px, known by a plane in which each pixel is the
// mean of factor x factor of its pixels: what a JPEG decoded at 1/factor is. Factor 1, 2, 4, 8, or
// more where a caller halved it further.
struct LumaView {
  const Plane& plane;
  int factor = 1;
  int width = 0;
  int height = 0;
};

// Half the size, rounded up: each pixel is the mean of two by two, rounded; an odd last row or
// column counts twice.
Plane Halve(const Plane& plane);

inline constexpr int kReduceMax = 256;
// The brightness of RGB (BT.601, as JPEG has it), averaged over factor x factor pixels; the size is
// rounded up, pixels past the border are left out of the mean. factor: 1 to kReduceMax.
Plane LumaOf(const Image& image, int factor);

}  // namespace perigee::tensor
