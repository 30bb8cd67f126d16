// A picture: [height, width, 3] u8 RGB, row-major, origin top left, no padding between rows.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace perigee::tensor {

struct Image {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> pixels;  // height * width * 3

  static Image Of(int width, int height) {
    return {width, height, std::vector<std::uint8_t>(std::size_t{3} * width * height)};
  }
  std::span<const std::uint8_t> Row(int y) const {
    return std::span(pixels).subspan(std::size_t{3} * width * y, std::size_t{3} * width);
  }
  std::span<std::uint8_t> Row(int y) {
    return std::span(pixels).subspan(std::size_t{3} * width * y, std::size_t{3} * width);
  }
};

}  // namespace perigee::tensor
