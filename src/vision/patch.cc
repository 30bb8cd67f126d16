#include "vision/patch.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>

namespace perigee::vision {
namespace {

constexpr std::size_t SampleAt(int row, int column) {
  const int at = row * kPatchSide + column;
  return static_cast<std::size_t>(at);
}

// A patch has at least so many pixels a side on the level it is matched on, if the frame has them:
// enough to see a face, few enough that a motion of a third of it is a few pixels.
constexpr float kSideMin = 14;
constexpr std::size_t kCoarserMax = 5;
constexpr int kPlaneSideMin = 16;  // px

constexpr PatchSamples MakeWeights() {
  PatchSamples weights{};
  for (int row = 0; row < kPatchSide; ++row) {
    for (int column = 0; column < kPatchSide; ++column) {
      const float u = 2 * PatchOffset(column);
      const float v = 2 * PatchOffset(row);
      weights[SampleAt(row, column)] = 1 - 0.45F * (u * u + v * v);
    }
  }
  return weights;
}

constexpr PatchSamples kWeights = MakeWeights();

constexpr float WeightOf(int stride) {
  float total = 0;
  for (int row = stride / 2; row < kPatchSide; row += stride) {
    for (int column = stride / 2; column < kPatchSide; column += stride) {
      total += kWeights[SampleAt(row, column)];
    }
  }
  return total;
}

// Between which two pixels of a line a sample lies, and how far along.
struct Tap {
  std::size_t lower = 0;
  std::size_t upper = 0;
  float fraction = 0;
  float inside = 0;  // 1 or 0
};
using Taps = std::array<Tap, kPatchSide>;

Taps TapsAt(float centre, float side, float factor, int pixels) {
  Taps taps;
  const float last = static_cast<float>(pixels - 1);
  for (int index = 0; index < kPatchSide; ++index) {
    const float at = (centre + side * PatchOffset(index)) / factor - 0.5F;
    const float clamped = std::clamp(at, 0.0F, last);
    const auto lower = static_cast<std::size_t>(clamped);
    const std::size_t upper = std::min(lower + 1, static_cast<std::size_t>(pixels - 1));
    const bool inside = at >= -0.5F && at <= last + 0.5F;
    taps[static_cast<std::size_t>(index)] = {lower, upper, clamped - static_cast<float>(lower),
                                             inside ? 1.0F : 0.0F};
  }
  return taps;
}

float Between(std::span<const std::uint8_t> row, const Tap& x) {
  const auto left = static_cast<float>(row[x.lower]);
  return left + x.fraction * (static_cast<float>(row[x.upper]) - left);
}

}  // namespace

Pyramid::Pyramid(const tensor::LumaView& frame)
    : finest_(frame.plane), factor_(static_cast<float>(frame.factor)) {
  const tensor::Plane* finer = &finest_;
  coarser_.reserve(kCoarserMax);  // `finer` points into it
  while (coarser_.size() < kCoarserMax && std::min(finer->width, finer->height) >= kPlaneSideMin) {
    finer = &coarser_.emplace_back(tensor::Halve(*finer));
  }
}

Pyramid::Level Pyramid::LevelFor(float side) const {
  Level level = {&finest_, factor_};
  for (const tensor::Plane& coarser : coarser_) {
    if (side < kSideMin * level.factor * 2) break;
    level = {&coarser, level.factor * 2};
  }
  return level;
}

void ReadPatch(const Pyramid::Level& level, const PatchPlace& place, int stride, Patch& patch) {
  const Taps columns = TapsAt(place.x, place.width, level.factor, level.plane->width);
  const Taps rows = TapsAt(place.y, place.height, level.factor, level.plane->height);
  float weight = 0;
  for (int row = stride / 2; row < kPatchSide; row += stride) {
    const Tap& y = rows[static_cast<std::size_t>(row)];
    const auto upper = level.plane->Row(static_cast<int>(y.lower));
    const auto lower = level.plane->Row(static_cast<int>(y.upper));
    for (int column = stride / 2; column < kPatchSide; column += stride) {
      const Tap& x = columns[static_cast<std::size_t>(column)];
      const std::size_t at = SampleAt(row, column);
      const float top = Between(upper, x);
      patch.values[at] = top + y.fraction * (Between(lower, x) - top);
      patch.weights[at] = kWeights[at] * x.inside * y.inside;
      weight += patch.weights[at];
    }
  }
  static constexpr std::array kWhole = {WeightOf(1), WeightOf(2)};
  patch.inside = weight / kWhole[static_cast<std::size_t>(stride - 1)];
}

Likeness Compare(const PatchSamples& known, const Patch& seen, int stride) {
  float weight = 0;
  float sum_a = 0;
  float sum_b = 0;
  float sum_aa = 0;
  float sum_bb = 0;
  float sum_ab = 0;
  for (int row = stride / 2; row < kPatchSide; row += stride) {
    for (int column = stride / 2; column < kPatchSide; column += stride) {
      const std::size_t at = SampleAt(row, column);
      const float w = seen.weights[at];
      const float a = known[at];
      const float b = seen.values[at];
      weight += w;
      sum_a += w * a;
      sum_b += w * b;
      sum_aa += w * a * a;
      sum_bb += w * b * b;
      sum_ab += w * a * b;
    }
  }
  if (weight <= 0) return {};
  const float mean = sum_b / weight;
  const float spread_a = sum_aa - sum_a * sum_a / weight;
  const float spread_b = sum_bb - sum_b * mean;
  // A level of standard deviation, about: below it is rounding, not a picture.
  if (spread_a <= 0 || spread_b <= weight) return {0, mean, 0};
  return {(sum_ab - sum_a * mean) / std::sqrt(spread_a * spread_b), mean, std::sqrt(spread_b)};
}

}  // namespace perigee::vision
