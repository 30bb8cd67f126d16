// Greedy non-maximum suppression: of boxes that overlap, the best stays. Pure.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "vision/box.h"

namespace perigee::vision {

// Best score first; of equal scores the later candidate. A candidate goes when its overlap with one
// that stays is greater than `iou_max` (equal stays). Stops at `kept_max` boxes, which bounds the
// work to candidates * kept_max. Candidates whose score is NaN are left out.
std::vector<ScoredBox> Suppress(std::span<const ScoredBox> candidates, float iou_max,
                                std::size_t kept_max);

}  // namespace perigee::vision
