#include "vision/motion.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace perigee::vision {
namespace {

constexpr int kStepsMax = 12;             // of one alignment
constexpr float kStepEnough = 0.002F;     // in sides of the patch: a twentieth of a pixel or less
constexpr float kStepLimit = 0.15F;       // in sides and in ln scale; a longer one is cut to it
constexpr float kDriftMax = 0.5F;         // from the start of an alignment, in sides: it is lost
constexpr float kScaleDriftMax = 0.3F;    // the same of ln scale
constexpr float kBeyondDoubt = 0.93F;     // correlation; nothing can be in the way
constexpr float kVisibleMin = 0.5F;       // less is no sighting of a part
constexpr float kGood = 0.85F;            // correlation; looking around would find nothing better
constexpr float kInsideMin = 0.5F;        // part of the patch that must lie in the picture
constexpr float kContrastMin = 2.0F;      // standard deviation, levels; less is a blank wall
constexpr int kSearchSteps = 5;           // each way
constexpr float kSearchStep = 1.0F / 15;  // in sides, times the reach

using Matrix = std::array<std::array<float, 3>, 3>;

// The inverse of a symmetric matrix; false where it has none worth having.
bool Invert(const Matrix& m, Matrix& inverse) {
  const auto minor = [&](std::size_t row, std::size_t column) {
    const std::size_t r1 = (row + 1) % 3;
    const std::size_t r2 = (row + 2) % 3;
    const std::size_t c1 = (column + 1) % 3;
    const std::size_t c2 = (column + 2) % 3;
    return m[r1][c1] * m[r2][c2] - m[r1][c2] * m[r2][c1];
  };
  const float determinant = m[0][0] * minor(0, 0) + m[0][1] * minor(0, 1) + m[0][2] * minor(0, 2);
  if (!(determinant > 1e-4F * m[0][0] * m[1][1] * m[2][2])) return false;
  for (std::size_t row = 0; row < 3; ++row) {
    for (std::size_t column = 0; column < 3; ++column) {
      inverse[row][column] = minor(column, row) / determinant;
    }
  }
  return true;
}

float Dot(const PatchSamples& a, const PatchSamples& b, const PatchSamples& weights) {
  float sum = 0;
  for (std::size_t at = 0; at < weights.size(); ++at) sum += weights[at] * a[at] * b[at];
  return sum;
}

// Takes out of a slope what a change of mean or contrast would explain, so that light that changes
// does not look like motion.
void RemoveLight(const PatchSamples& values, const PatchSamples& weights, PatchSamples& slope) {
  float weight = 0;
  float sum = 0;
  for (std::size_t at = 0; at < weights.size(); ++at) {
    weight += weights[at];
    sum += weights[at] * slope[at];
  }
  const float mean = sum / weight;
  const float along = Dot(slope, values, weights);  // the values have mean 0 and length 1
  for (std::size_t at = 0; at < slope.size(); ++at) slope[at] -= mean + along * values[at];
}

// A difference to the next sample but one, at the borders to the next, in sides of the patch.
float SlopeAt(const PatchSamples& values, int at, int index, int stride) {
  const int before = index > 0 ? 1 : 0;
  const int behind = index < kPatchSide - 1 ? 1 : 0;
  const int after = at + behind * stride;
  const int ahead = at - before * stride;
  const float rise =
      values[static_cast<std::size_t>(after)] - values[static_cast<std::size_t>(ahead)];
  return rise * static_cast<float>(kPatchSide) / static_cast<float>(before + behind);
}

// So far from where it began that what it finds is something else.
bool Strayed(const Pose& start, const Pose& pose, const PatchPlace& place) {
  return std::abs(pose.x - start.x) > kDriftMax * place.width ||
         std::abs(pose.y - start.y) > kDriftMax * place.height ||
         std::abs(std::log(pose.scale / start.scale)) > kScaleDriftMax;
}

// A part that looks right is better than a whole that does not: what is in the way pulls the whole
// along.
Sighting Better(const Sighting& whole, const Sighting& part) {
  if (part.visible < kVisibleMin) return whole;
  return part.correlation * part.visible > whole.correlation * whole.visible - 0.2F ? part : whole;
}

bool Finite(const Box& box) {
  return std::isfinite(box.x) && std::isfinite(box.y) && std::isfinite(box.width) &&
         std::isfinite(box.height);
}

}  // namespace

std::optional<Appearance> Appearance::Of(const Pyramid& frame, const Box& box) {
  if (frame.empty() || !Finite(box) || box.width <= 0 || box.height <= 0) return std::nullopt;
  Appearance appearance;
  appearance.width_ = box.width;
  appearance.height_ = box.height;
  const Pose pose = appearance.PoseOf(box);
  Patch patch;
  ReadPatch(appearance.LevelAt(frame, pose), appearance.PlaceAt(pose), 1, patch);
  if (patch.inside < kInsideMin || !appearance.Prepare(patch)) return std::nullopt;
  return appearance;
}

bool Appearance::Prepare(const Patch& patch) {
  const Likeness itself = Compare(patch.values, patch, 1);
  float weight = 0;
  for (const float each : patch.weights) weight += each;
  if (itself.norm < kContrastMin * std::sqrt(weight)) return false;
  mean_ = itself.mean;
  gain_ = itself.norm;
  for (std::size_t at = 0; at < values_.size(); ++at) {
    values_[at] = (patch.values[at] - itself.mean) / itself.norm;
  }
  for (int row = 0; row < kPatchSide; ++row) {
    for (int column = 0; column < kPatchSide; ++column) {
      const int from = row * kPatchSide + column;
      const auto at = static_cast<std::size_t>(from);
      slopes_[0][at] = SlopeAt(values_, from, column, 1);
      slopes_[1][at] = SlopeAt(values_, from, row, kPatchSide);
      slopes_[2][at] = PatchOffset(column) * slopes_[0][at] + PatchOffset(row) * slopes_[1][at];
    }
  }
  for (PatchSamples& slope : slopes_) RemoveLight(values_, patch.weights, slope);
  Matrix products{};
  for (std::size_t row = 0; row < 3; ++row) {
    for (std::size_t column = 0; column < 3; ++column) {
      products[row][column] = Dot(slopes_[row], slopes_[column], patch.weights);
    }
  }
  for (std::size_t axis = 0; axis < 3; ++axis) stiffness_[axis] = products[axis][axis];
  return Invert(products, inverse_);
}

Sighting Appearance::Find(const Pyramid& frame, const Pose& expected, float reach) const {
  const Sighting whole = Align(frame, expected);
  if (whole.correlation >= kBeyondDoubt) return whole;
  const Sighting part = AlignVisible(frame, expected);
  const Sighting there = Better(whole, part);
  if (there.correlation >= kGood) return there;
  const Sighting around = Align(frame, SearchAround(frame, expected, reach));
  return Better(there, Better(around, AlignVisible(frame, around.pose)));
}

Sighting Appearance::Align(const Pyramid& frame, const Pose& start) const {
  if (frame.empty()) return {start, 0};
  const Pyramid::Level level = LevelAt(frame, start);
  Sighting best = {start, 0};
  Pose pose = start;
  Patch seen;
  for (int step = 0; step < kStepsMax; ++step) {
    const PatchPlace place = PlaceAt(pose);
    ReadPatch(level, place, 1, seen);
    if (seen.inside < kInsideMin) break;
    const Likeness likeness = Compare(values_, seen, 1);
    if (step == 0 || likeness.correlation > best.correlation) best = {pose, likeness.correlation};
    if (likeness.norm <= 0) break;
    const Vector by = Step(seen, likeness);
    Move(by, place, pose);
    if (std::max({std::abs(by[0]), std::abs(by[1]), std::abs(by[2])}) < kStepEnough) break;
    if (Strayed(start, pose, place)) break;
  }
  return best;
}

void Appearance::Move(const Vector& by, const PatchPlace& place, Pose& pose) {
  pose.x -= by[0] * place.width;
  pose.y -= by[1] * place.height;
  pose.scale *= std::exp(-by[2]);
}

// By how much the known patch would have to move to look like the one seen.
Appearance::Vector Appearance::Step(const Patch& seen, const Likeness& likeness) const {
  Vector along{};
  for (std::size_t at = 0; at < values_.size(); ++at) {
    const float difference = (seen.values[at] - likeness.mean) / likeness.norm - values_[at];
    const float weighted = seen.weights[at] * difference;
    for (std::size_t axis = 0; axis < 3; ++axis) along[axis] += weighted * slopes_[axis][at];
  }
  Vector step{};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    for (std::size_t other = 0; other < 3; ++other)
      step[axis] += inverse_[axis][other] * along[other];
    step[axis] = std::clamp(step[axis], -kStepLimit, kStepLimit);
  }
  return step;
}

Pose Appearance::SearchAround(const Pyramid& frame, const Pose& expected, float reach) const {
  Pose best = expected;
  if (frame.empty()) return best;
  const Pyramid::Level level = LevelAt(frame, expected);
  const float step = kSearchStep * reach * expected.scale;
  float correlation = -1;
  Patch seen;
  for (int down = -kSearchSteps; down <= kSearchSteps; ++down) {
    for (int right = -kSearchSteps; right <= kSearchSteps; ++right) {
      Pose pose = expected;
      pose.x += static_cast<float>(right) * step * width_;
      pose.y += static_cast<float>(down) * step * height_;
      ReadPatch(level, PlaceAt(pose), 2, seen);
      if (seen.inside < kInsideMin) continue;
      const float likeness = Compare(values_, seen, 2).correlation;
      if (likeness <= correlation) continue;
      correlation = likeness;
      best = pose;
    }
  }
  return best;
}

float Appearance::side() const { return std::sqrt(width_ * height_); }

PatchPlace Appearance::PlaceAt(const Pose& pose) const {
  return {pose.x, pose.y, width_ * pose.scale, height_ * pose.scale};
}

Pyramid::Level Appearance::LevelAt(const Pyramid& frame, const Pose& pose) const {
  return frame.LevelFor(side() * pose.scale);
}

Box Appearance::BoxAt(const Pose& pose) const {
  const float width = width_ * pose.scale;
  const float height = height_ * pose.scale;
  return {pose.x - width / 2, pose.y - height / 2, width, height};
}

Pose Appearance::PoseOf(const Box& box) const {
  return {box.x + box.width / 2, box.y + box.height / 2, std::sqrt(box.area()) / side()};
}

}  // namespace perigee::vision
