#include "tensor/plane.h"

#include <algorithm>
#include <array>
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
std::uint32_t Brightness(std::uint32_t red, std::uint32_t green, std::uint32_t blue) {
  return 77U * red + 150U * green + 29U * blue;
}

// Sixteen bytes at a time, a number of steps that compilers turn into vector instructions.
void AddRow(std::span<const std::uint8_t> row, std::span<std::uint16_t> sums) {
  constexpr std::size_t kStep = 16;
  std::size_t i = 0;
  for (; i + kStep <= sums.size(); i += kStep) {
    std::array<std::uint16_t, kStep> wide;
    for (std::size_t k = 0; k < kStep; ++k) wide[k] = row[i + k];
    for (std::size_t k = 0; k < kStep; ++k)
      sums[i + k] = static_cast<std::uint16_t>(sums[i + k] + wide[k]);
  }
  for (; i < sums.size(); ++i) sums[i] = static_cast<std::uint16_t>(sums[i] + row[i]);
}

// The mean brightness of the pixels whose colours are summed up in `sums`, `rows` of each.
std::uint8_t MeanBrightness(std::span<const std::uint16_t> sums, int rows) {
  std::uint32_t red = 0;
  std::uint32_t green = 0;
  std::uint32_t blue = 0;
  for (std::size_t i = 0; i < sums.size(); i += 3) {
    red += sums[i];
    green += sums[i + 1];
    blue += sums[i + 2];
  }
  const auto weight =
      static_cast<std::uint32_t>(256 * (sums.size() / 3)) * static_cast<std::uint32_t>(rows);
  return static_cast<std::uint8_t>((Brightness(red, green, blue) + weight / 2) / weight);
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
  CHECK(factor > 0 && factor <= kReduceMax);
  if (image.pixels.empty()) return {};
  Plane luma = Plane::Of(Reduced(image.width, factor), Reduced(image.height, factor));
  const auto step = std::size_t{3} * static_cast<std::size_t>(factor);
  std::vector<std::uint16_t> sums(static_cast<std::size_t>(image.width) * 3);
  for (int y = 0; y < luma.height; ++y) {
    std::ranges::fill(sums, std::uint16_t{0});
    const int rows = std::min(factor, image.height - y * factor);
    for (int row = 0; row < rows; ++row) AddRow(image.Row(y * factor + row), sums);
    std::span<const std::uint16_t> left = sums;
    for (std::uint8_t& mean : luma.Row(y)) {
      const std::size_t here = std::min(step, left.size());
      mean = MeanBrightness(left.first(here), rows);
      left = left.subspan(here);
    }
  }
  return luma;
}

}  // namespace perigee::tensor
