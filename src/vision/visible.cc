// Appearance::AlignVisible: alignment of a thing that is partly hidden. Samples that do not fit
// lose their weight step by step, so that the bar which passes before a face does not take the box
// along.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

#include "vision/motion.h"

namespace perigee::vision {
namespace {

constexpr int kStepsMax = 10;
constexpr float kStepEnough = 0.003F;  // in sides of the patch
constexpr float kStepLimit = 0.1F;     // in sides and in ln scale
constexpr float kStrayMax = 0.4F;      // from the start, in sides
constexpr float kPull = 0.1F;          // of the expected pose, against that of the whole patch
constexpr float kGainMax = 1.5F;       // of contrast, either way: without it all fits a blank wall
constexpr float kMisfit = 0.45F;       // standard deviations of the patch, plus
constexpr float kMisfitLevels = 4;     // levels of noise: a sample that is farther off is another's

constexpr std::size_t kUnknowns = 5;  // along x and y, ln scale, gain, bias
using Row = std::array<float, kUnknowns>;
using System = std::array<Row, kUnknowns>;

// Solves a symmetric system in place (Cholesky); false if it is not positive.
bool Solve(System& a, Row& b) {
  for (std::size_t column = 0; column < kUnknowns; ++column) {
    for (std::size_t row = column; row < kUnknowns; ++row) {
      float sum = a[row][column];
      for (std::size_t k = 0; k < column; ++k) sum -= a[row][k] * a[column][k];
      if (row == column && !(sum > 1e-6F)) return false;
      a[row][column] = row == column ? std::sqrt(sum) : sum / a[column][column];
    }
  }
  for (std::size_t row = 0; row < kUnknowns; ++row) {
    for (std::size_t k = 0; k < row; ++k) b[row] -= a[row][k] * b[k];
    b[row] /= a[row][row];
  }
  for (std::size_t row = kUnknowns; row-- > 0;) {
    for (std::size_t k = row + 1; k < kUnknowns; ++k) b[row] -= a[k][row] * b[k];
    b[row] /= a[row][row];
  }
  return true;
}

}  // namespace

// Light is relative to the patch that was learnt: seen = mean + bias + gain * known.
struct Appearance::Fit {
  float gain = 1;    // times gain_
  float bias = 0;    // in units of gain_
  float misfit = 1;  // a sample that is farther off belongs to something else, in units of gain_
  Vector away{};     // from where it was expected
  Vector step{};
};

Sighting Appearance::AlignVisible(const Pyramid& frame, const Pose& start) const {
  if (frame.empty()) return {start, 0, 0};
  const Pyramid::Level level = LevelAt(frame, start);
  Fit fit;
  // The values' sum of squares is 1 over about so much weight.
  const float spread = 1 / std::sqrt(0.7F * static_cast<float>(values_.size()));
  fit.misfit = kMisfit * spread + kMisfitLevels / gain_;
  Pose pose = start;
  Patch seen;
  for (int step = 0; step < kStepsMax; ++step) {
    const PatchPlace place = PlaceAt(pose);
    ReadPatch(level, place, 1, seen);
    fit.away = {(pose.x - start.x) / place.width, (pose.y - start.y) / place.height,
                std::log(pose.scale / start.scale)};
    if (!Refine(seen, fit)) return {start, 0, 0};
    Move(fit.step, place, pose);
    const bool strayed = std::abs(pose.x - start.x) > kStrayMax * place.width ||
                         std::abs(pose.y - start.y) > kStrayMax * place.height;
    if (strayed) return {start, 0, 0};
    const Vector& by = fit.step;
    if (std::max({std::abs(by[0]), std::abs(by[1]), std::abs(by[2])}) < kStepEnough) break;
  }
  ReadPatch(level, PlaceAt(pose), 1, seen);
  Sighting sighting = Judge(seen, fit);
  sighting.pose = pose;
  return sighting;
}

// One step of least squares, each sample weighted by how well it fitted before it.
bool Appearance::Refine(const Patch& seen, Fit& fit) const {
  System products{};
  Row sums{};
  for (std::size_t at = 0; at < values_.size(); ++at) {
    const float value = (seen.values[at] - mean_) / gain_ - fit.bias;
    const float off = value - fit.gain * values_[at];
    const float doubt = 1 + (off / fit.misfit) * (off / fit.misfit);
    const float weight = seen.weights[at] / (doubt * doubt);
    const Row row = {slopes_[0][at], slopes_[1][at], slopes_[2][at], values_[at], 1};
    for (std::size_t one = 0; one < kUnknowns; ++one) {
      const float weighted = weight * row[one];
      sums[one] += weighted * off;
      for (std::size_t other = 0; other <= one; ++other) {
        products[one][other] += weighted * row[other];
      }
    }
  }
  // What is hidden goes on as expected; what is seen outweighs that.
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const float pull = kPull * stiffness_[axis];
    products[axis][axis] += pull;
    sums[axis] += pull * fit.gain * fit.away[axis];
  }
  if (!Solve(products, sums)) return false;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    fit.step[axis] = std::clamp(sums[axis] / fit.gain, -kStepLimit, kStepLimit);
  }
  fit.gain = std::clamp(fit.gain + sums[3], 1 / kGainMax, kGainMax);
  fit.bias += sums[4];
  return true;
}

Sighting Appearance::Judge(const Patch& seen, const Fit& fit) const {
  Patch fitting = seen;
  float weight = 0;
  float fits = 0;
  for (std::size_t at = 0; at < values_.size(); ++at) {
    const float value = (seen.values[at] - mean_) / gain_ - fit.bias;
    const bool other = std::abs(value - fit.gain * values_[at]) > fit.misfit * 1.3F;
    if (other) fitting.weights[at] = 0;
    weight += seen.weights[at];
    fits += fitting.weights[at];
  }
  if (weight <= 0) return {{}, 0, 0};
  return {{}, Compare(values_, fitting, 1).correlation, seen.inside * fits / weight};
}

}  // namespace perigee::vision
