#include "vision/suppression.h"

#include <algorithm>
#include <cmath>

namespace perigee::vision {

std::vector<ScoredBox> Suppress(std::span<const ScoredBox> candidates, float iou_max,
                                std::size_t kept_max) {
  std::vector<ScoredBox> rest(candidates.rbegin(), candidates.rend());
  std::erase_if(rest, [](const ScoredBox& candidate) { return std::isnan(candidate.score); });
  std::ranges::stable_sort(rest, std::ranges::greater{}, &ScoredBox::score);
  std::vector<ScoredBox> kept;
  for (const ScoredBox& candidate : rest) {
    if (kept.size() >= kept_max) break;
    // Written so that NaN, two empty boxes, counts as an overlap: the reference drops it too.
    const bool apart = std::ranges::all_of(
        kept, [&](const ScoredBox& better) { return Iou(better.box, candidate.box) <= iou_max; });
    if (apart) kept.push_back(candidate);
  }
  return kept;
}

}  // namespace perigee::vision
