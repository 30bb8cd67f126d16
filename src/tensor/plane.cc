#include "tensor/plane.h"

#include <algorithm>
#include <cstddef>

#include "base/check.h"

namespace perigee::tensor {
namespace {

int Reduced(int side, int factor) { return (side - 1) / factor + 1; }

// One row of Halve: the mean of two source rows, two columns at a time.
void HalveRows(std::span<const std::uint8_t> upper, std::span<const std::uint8_t> lower,
               std::span<std::uint8_t> to) {
  const std::size_t pairs = upper.size() / 2;
  for (std::size_t x = 0; x < pairs; ++x) {
    const int sum = upper[2 * x] + upper[2 * x + 1] + lower[2 * x] + lower[2 * x + 1];
    to[x] = static_cast<std::uint8_t>((sum + 2) / 4);
  }
  if (pairs < to.size()) {
    to[pairs] = static_cast<std::uint8_t>((upper.back() + lower.back() + 1) / 2);
  }
}

// BT.601 in 1/256: 0.299, 0.587, 0.114.
std::uint32_t Brightness(const std::uint8_t* rgb) {
  return 77U * rgb[0] + 150U * rgb[1] + 29U * rgb[2];
}

// Adds a row of the picture to the sums of its reduced pixels, each in 1/256.
void AddRow(std::span<const std::uint8_t> row, int factor, std::span<std::uint32_t> sums) {
  const std::uint8_t* rgb = row.data();
  std::size_t left = row.size() / 3;
  for (std::uint32_t& sum : sums) {
    const std::size_t columns = std::min(left, static_cast<std::size_t>(factor));
    for (std::size_t column = 0; column < columns; ++column, rgb += 3) sum += Brightness(rgb);
    left -= columns;
  }
}

}  // namespace

Plane Halve(const Plane& plane) {
  if (plane.pixels.empty()) return {};
  Plane half = Plane::Of(Reduced(plane.width, 2), Reduced(plane.height, 2));
  for (int y = 0; y < half.height; ++y) {
    const int lower = std::min(2 * y + 1, plane.height - 1);
    HalveRows(plane.Row(2 * y), plane.Row(lower), half.Row(y));
  }
  return half;
}

Plane LumaOf(const Image& image, int factor) {
  CHECK(factor > 0);
  if (image.pixels.empty()) return {};
  Plane luma = Plane::Of(Reduced(image.width, factor), Reduced(image.height, factor));
  std::vector<std::uint32_t> sums(static_cast<std::size_t>(luma.width));
  for (int y = 0; y < luma.height; ++y) {
    std::ranges::fill(sums, 0U);
    const int rows = std::min(factor, image.height - y * factor);
    for (int row = 0; row < rows; ++row) AddRow(image.Row(y * factor + row), factor, sums);
    for (int x = 0; x < luma.width; ++x) {
      const int columns = std::min(factor, image.width - x * factor);
      const std::uint32_t weight = 256U * static_cast<std::uint32_t>(std::max(1, rows * columns));
      luma.Row(y)[static_cast<std::size_t>(x)] =
          static_cast<std::uint8_t>((sums[static_cast<std::size_t>(x)] + weight / 2) / weight);
    }
  }
  return luma;
}

}  // namespace perigee::tensor
