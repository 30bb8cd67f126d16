// A patch of a picture read as 20 x 20 samples, whatever its size, and how alike two such patches
// are. What motion.h aligns. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "tensor/plane.h"

namespace perigee::vision {

// The brightness of one frame at several sizes. Borrows the view's plane, and lives no longer.
class Pyramid {
 public:
  explicit Pyramid(const tensor::LumaView& frame);

  struct Level {
    const tensor::Plane* plane = nullptr;
    float factor = 1;  // pixel i covers [i * factor, (i + 1) * factor) px of the whole picture
  };
  // The coarsest level on which `side` px of the whole picture are still enough pixels to match.
  Level LevelFor(float side) const;
  bool empty() const { return finest_.pixels.empty(); }

 private:
  const tensor::Plane& finest_;
  float factor_;
  std::vector<tensor::Plane> coarser_;  // each half of the one before
};

inline constexpr int kPatchSide = 20;  // samples
using PatchSamples = std::array<float, std::size_t{kPatchSide} * kPatchSide>;

// Where sample `index` of a side lies, in sides from the centre: -0.5..0.5.
constexpr float PatchOffset(int index) {
  return (static_cast<float>(index) + 0.5F) / static_cast<float>(kPatchSide) - 0.5F;
}

// Where a patch lies, px of the whole picture.
struct PatchPlace {
  float x = 0;  // of the centre
  float y = 0;
  float width = 0;
  float height = 0;
};

struct Patch {
  PatchSamples values{};
  // The middle weighs most: at the corners of a box is what stands behind the thing. 0 where the
  // picture has ended.
  PatchSamples weights{};
  float inside = 0;  // part of the whole weight that lies in the picture, 0..1
};

// Reads every `stride`th sample of every `stride`th row; the others keep what they had.
void ReadPatch(const Pyramid::Level& level, const PatchPlace& place, int stride, Patch& patch);

// Weighted by the second one's weights, over the samples that `stride` reads.
struct Likeness {
  float correlation = 0;  // -1..1; 0 where there is no contrast
  float mean = 0;         // of the second, levels
  float norm = 0;         // root of the weighted sum of its squared differences from the mean
};
Likeness Compare(const PatchSamples& known, const Patch& seen, int stride);

}  // namespace perigee::vision
