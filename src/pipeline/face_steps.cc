#include "pipeline/face_steps.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

namespace perigee::pipeline {
namespace {

// The first decode is this much larger than the detector's input, so that most faces are sharp
// enough at once: reading a JPEG twice costs more than reading it larger, as most of the work does
// not depend on the scale (docs/adr/0006-decode-scale.md).
constexpr int kDecodeMargin = 4;

media::DecodeOptions LongestSideAtLeast(int side) {
  media::DecodeOptions options;
  options.longest_side_min = side;
  return options;
}

}  // namespace

StageTimer::StageTimer(const Clock& clock, task::Answer& answer)
    : clock_(clock), answer_(answer), since_(clock.Now()) {}

void StageTimer::Ended(std::string_view stage) {
  const TimePoint now = clock_.Now();
  for (task::StageTime& known : answer_.stages) {
    if (known.stage == stage) {
      known.duration += now - std::exchange(since_, now);
      return;
    }
  }
  answer_.stages.push_back({std::string(stage), now - std::exchange(since_, now)});
}

Result<media::Picture> DecodeToDetect(std::span<const std::byte> bytes, int detector_size,
                                      std::vector<std::uint8_t> reuse) {
  return media::Decode(bytes, LongestSideAtLeast(kDecodeMargin * detector_size), std::move(reuse));
}

int SideToClassify(std::span<const vision::Box> boxes, int source_longest, int classifier_size) {
  auto side_min = static_cast<float>(2 * source_longest);
  for (const vision::Box& box : boxes)
    side_min = std::min(side_min, std::max(box.width, box.height));
  const double wanted = static_cast<double>(classifier_size) * source_longest / side_min;
  return static_cast<int>(std::ceil(std::min<double>(wanted, source_longest)));
}

Result<media::Picture> SharpenFor(std::span<const vision::Box> boxes, media::Picture picture,
                                  std::span<const std::byte> bytes, int classifier_size) {
  const int decoded = std::max(picture.image.width, picture.image.height);
  const int source = std::max(picture.source_width, picture.source_height);
  const int wanted = SideToClassify(boxes, source, classifier_size);
  if (decoded >= wanted) return picture;
  return media::Decode(bytes, LongestSideAtLeast(wanted), std::move(picture.image.pixels));
}

std::vector<vision::Box> BoxesOf(std::span<const vision::ScoredBox> faces) {
  std::vector<vision::Box> boxes;
  boxes.reserve(faces.size());
  for (const vision::ScoredBox& face : faces) boxes.push_back(face.box);
  return boxes;
}

task::Face ToFace(const vision::ScoredBox& found, std::vector<task::Labelled> probabilities) {
  task::Face face;
  face.box = {found.box.x, found.box.y, found.box.width, found.box.height};
  face.score = found.score;
  const auto top = std::ranges::max_element(probabilities, {}, &task::Labelled::probability);
  if (top != probabilities.end()) face.emotion = top->label;
  face.probabilities = std::move(probabilities);
  return face;
}

}  // namespace perigee::pipeline
