#include "tensor/sampling.h"

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace perigee::tensor {
namespace {

// The compiler vectorises loops of a length it knows; rows are worked off in blocks of this.
constexpr std::size_t kBlock = 16;

// Extensions of both compilers: four lanes, of which a pixel uses three.
using Floats = float __attribute__((vector_size(16)));
using Ints = std::int32_t __attribute__((vector_size(16)));

// The pixel's bytes in order in memory, then a fourth of no meaning. Little-endian, as tensors are.
std::uint32_t BlendPixel(const float* row, const Column& column) {
  Floats left;
  Floats right;
  std::memcpy(&left, row + column.left, sizeof left);
  std::memcpy(&right, row + column.right, sizeof right);
  const Floats value = left + (right - left) * column.fraction + 0.5F;
  const Ints whole = __builtin_convertvector(value, Ints);
  const auto byte = [&](int lane) { return static_cast<std::uint32_t>(whole[lane]) << (8 * lane); };
  return byte(0) | byte(1) | byte(2);
}

}  // namespace

Tap TapAt(int index, int frame, int canvas) {
  const double position = static_cast<double>(frame) / canvas * index;
  const int lower = std::min(static_cast<int>(position), frame - 1);
  return {lower, std::min(lower + 1, frame - 1), static_cast<float>(position - lower)};
}

Framing Cut(Framing framing, int width, int height) {
  using Wide = std::int64_t;
  Rect& visible = framing.visible;
  const auto cut = [](int& at, int& length, int& lead, Wide source_length, Wide frame) {
    const Wide skipped = std::max<Wide>({0, -Wide{at}, -Wide{lead}});
    const Wide start = at + skipped;
    const Wide place = lead + skipped;
    const Wide rest = std::min({length - skipped, source_length - start, frame - place});
    length = static_cast<int>(std::max<Wide>(rest, 0));
    at = length > 0 ? static_cast<int>(start) : 0;
    lead = length > 0 ? static_cast<int>(place) : 0;
  };
  cut(visible.x, visible.width, framing.left, width, framing.width);
  cut(visible.y, visible.height, framing.top, height, framing.height);
  return framing;
}

// Without __restrict bytes may alias everything and nothing is vectorised.
void BlendRows(const std::uint8_t* __restrict first, const std::uint8_t* __restrict second,
               const float (&weights)[2], std::span<float> out) {
  const float share_first = weights[0];
  const float share_second = weights[1];
  float* __restrict to = out.data();
  std::size_t i = 0;
  for (; i + kBlock <= out.size(); i += kBlock) {
    for (std::size_t lane = 0; lane < kBlock; ++lane) {
      to[i + lane] = static_cast<float>(first[i + lane]) * share_first +
                     static_cast<float>(second[i + lane]) * share_second;
    }
  }
  for (; i < out.size(); ++i) {
    to[i] =
        static_cast<float>(first[i]) * share_first + static_cast<float>(second[i]) * share_second;
  }
}

void BlendColumns(const float* __restrict row, std::span<const Column> columns,
                  std::uint8_t* __restrict out) {
  if (columns.empty()) return;
  // The fourth byte is the next pixel's first, which then overwrites it.
  for (const Column& column : columns.first(columns.size() - 1)) {
    const std::uint32_t pixel = BlendPixel(row, column);
    std::memcpy(out, &pixel, sizeof pixel);
    out += kChannels;
  }
  const std::uint32_t last = BlendPixel(row, columns.back());
  std::memcpy(out, &last, kChannels);
}

}  // namespace perigee::tensor
