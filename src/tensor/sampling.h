// What the samplers of resample.h share: where an output pixel lies between the source's, and the
// loops over rows and columns. Seen by resample*.cc alone. Pure.
#pragma once

#include <cstdint>
#include <span>

#include "tensor/resample.h"

namespace perigee::tensor {

inline constexpr int kChannels = 3;
// What a blended row must be longer than its pixels: they are read four floats at a time.
inline constexpr int kPadding = 1;

// Between which two positions of the frame an output pixel lies, and how far along.
struct Tap {
  int lower = 0;
  int upper = 0;
  float fraction = 0;
};

// Where output pixel `index` of `canvas` lies in a frame of that length.
Tap TapAt(int index, int frame, int canvas);

// Cuts the visible part to a source of width x height and to the frame. All later reads rely on it.
Framing Cut(Framing framing, int width, int height);

// out = first * weights[0] + second * weights[1]: two weights, so that a row outside of the visible
// part counts as black.
void BlendRows(const std::uint8_t* __restrict first, const std::uint8_t* __restrict second,
               const float (&weights)[2], std::span<float> out);

// The output columns: offsets into the blended row, which has one black pixel at either end that
// stands for everything outside of the visible part.
struct Column {
  std::uint32_t left = 0;
  std::uint32_t right = 0;
  float fraction = 0;
};

// Writes one output row: [columns, 3] u8. Reads kPadding floats past the pixel that a column begins
// with.
void BlendColumns(const float* __restrict row, std::span<const Column> columns,
                  std::uint8_t* __restrict out);

}  // namespace perigee::tensor
