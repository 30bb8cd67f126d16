#include "vision/anchor_grid.h"

#include <cmath>
#include <cstddef>
#include <string>

namespace perigee::vision {
namespace {

constexpr std::size_t kValuesPerAnchor = 5;

// In double, as the reference computes it, so that scores at the threshold fall on the same side.
double Sigmoid(double x) { return 1.0 / (1.0 + std::exp(-x)); }

struct Cell {
  int row = 0;
  int column = 0;
  double pixels = 0;  // of the input, along a side
};

Box DecodeBox(std::span<const float> values, const std::array<float, 2>& anchor, const Cell& cell) {
  const double width = std::exp(double{values[2]}) * double{anchor[0]} * cell.pixels;
  const double height = std::exp(double{values[3]}) * double{anchor[1]} * cell.pixels;
  const double x = (cell.column + Sigmoid(values[0])) * cell.pixels - width / 2;
  const double y = (cell.row + Sigmoid(values[1])) * cell.pixels - height / 2;
  return {static_cast<float>(x), static_cast<float>(y), static_cast<float>(width),
          static_cast<float>(height)};
}

bool IsFinite(const Box& box) {
  return std::isfinite(box.x) && std::isfinite(box.y) && std::isfinite(box.area());
}

Result<void> CheckSize(std::span<const float> values, const AnchorGrid& grid) {
  // Bounded first, so that the product below cannot overflow.
  constexpr int kSideMax = 1 << 14;
  if (grid.cells < 1 || grid.cells > kSideMax || grid.input_size < 1 ||
      grid.anchors.size() > std::size_t{kSideMax}) {
    return Fail(InvalidArgument("decode anchor grid: no cells or input size, or too many"));
  }
  const auto cells = static_cast<std::size_t>(grid.cells);
  const std::size_t wanted = cells * cells * grid.anchors.size() * kValuesPerAnchor;
  if (values.size() != wanted) {
    return Fail(InvalidArgument("decode anchor grid: " + std::to_string(values.size()) +
                                " values where " + std::to_string(grid.cells) + " x " +
                                std::to_string(grid.cells) + " cells need " +
                                std::to_string(wanted)));
  }
  return {};
}

}  // namespace

Result<std::vector<ScoredBox>> DecodeAnchorGrid(std::span<const float> values,
                                                const AnchorGrid& grid) {
  TRY(CheckSize(values, grid));
  const double pixels = static_cast<double>(grid.input_size) / grid.cells;
  std::vector<ScoredBox> boxes;
  std::size_t at = 0;
  for (int row = 0; row < grid.cells; ++row) {
    for (int column = 0; column < grid.cells; ++column) {
      for (const std::array<float, 2>& anchor : grid.anchors) {
        const std::span<const float> one = values.subspan(at, kValuesPerAnchor);
        at += kValuesPerAnchor;
        const double score = Sigmoid(one[4]);
        if (!(score > double{grid.score_min})) continue;
        const Box box = DecodeBox(one, anchor, {row, column, pixels});
        if (IsFinite(box)) boxes.push_back({box, static_cast<float>(score)});
      }
    }
  }
  return boxes;
}

}  // namespace perigee::vision
