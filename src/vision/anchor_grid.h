// Reads the raw output of a YOLO v2-like detector with one class: a grid of cells, each with a few
// anchors, each five numbers. Pure.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "base/result.h"
#include "vision/box.h"

namespace perigee::vision {

struct AnchorGrid {
  int cells = 0;                                  // along each side of the square input
  int input_size = 0;                             // side of the square input, px
  std::span<const std::array<float, 2>> anchors;  // width, height in cells
  float score_min = 0;                            // kept: score > score_min; 0: all
};

// `values`: [cells, cells, anchors * 5] f32, for each anchor x, y, width, height, objectness before
// any sigmoid or exp. Returns boxes in pixels of the square input, not clipped, in grid order.
// InvalidArgument if the number of values is another. Boxes that are not finite are left out.
Result<std::vector<ScoredBox>> DecodeAnchorGrid(std::span<const float> values,
                                                const AnchorGrid& grid);

}  // namespace perigee::vision
