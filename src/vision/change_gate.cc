#include "vision/change_gate.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace perigee::vision {
namespace {

constexpr int kFactor = 8;         // planes are compared at 1/8
constexpr int kCell = 4;           // px of such a plane a side: 32 of the whole picture
constexpr int kStep = 2;           // cells overlap by half, so that nothing hides on a border
constexpr float kNoiseMin = 0.3F;  // levels: rounding alone makes as much

// How the answered picture has to be lit to look like the new one.
struct Light {
  float gain = 1;
  float bias = 0;  // levels

  float On(std::uint8_t level) const {
    return std::clamp(gain * static_cast<float>(level) + bias, 0.0F, 255.0F);
  }
};

tensor::Plane Reduced(const tensor::LumaView& frame) {
  tensor::Plane plane = frame.plane;
  for (int factor = frame.factor; factor < kFactor; factor *= 2) plane = tensor::Halve(plane);
  return plane;
}

float Middle(std::span<float> values) {
  const auto middle = values.begin() + std::ssize(values) / 2;
  std::ranges::nth_element(values, middle);
  return *middle;
}

// Least squares over the pixels that differ by no more than `difference_max` under `light`.
Light Fit(const tensor::Plane& answered, const tensor::Plane& now, const Light& light,
          float difference_max) {
  double count = 0;
  double sum_a = 0;
  double sum_b = 0;
  double sum_aa = 0;
  double sum_ab = 0;
  for (std::size_t at = 0; at < now.pixels.size(); ++at) {
    const double a = answered.pixels[at];
    const double b = now.pixels[at];
    if (std::abs(light.On(answered.pixels[at]) - static_cast<float>(b)) > difference_max) continue;
    count += 1;
    sum_a += a;
    sum_b += b;
    sum_aa += a * a;
    sum_ab += a * b;
  }
  if (count < 16) return light;
  const double spread = sum_aa - sum_a * sum_a / count;
  // A picture without contrast cannot tell gain from bias.
  const double gain = spread > count ? (sum_ab - sum_a * sum_b / count) / spread : 1;
  return {static_cast<float>(gain), static_cast<float>((sum_b - gain * sum_a) / count)};
}

// Absolute difference of every pixel under this light, levels.
std::vector<float> Differences(const tensor::Plane& answered, const tensor::Plane& now,
                               const Light& light) {
  std::vector<float> differences(now.pixels.size());
  for (std::size_t at = 0; at < differences.size(); ++at) {
    differences[at] = std::abs(light.On(answered.pixels[at]) - static_cast<float>(now.pixels[at]));
  }
  return differences;
}

// First all pixels, then those that the first guess explains: what moved shall not bend the light.
Light LightBetween(const tensor::Plane& answered, const tensor::Plane& now) {
  const Light rough = Fit(answered, now, {}, 255);
  std::vector<float> differences = Differences(answered, now, rough);
  return Fit(answered, now, rough, std::max(3 * Middle(differences), 1.0F));
}

float Sum(std::span<const float> values) {
  float sum = 0;
  for (const float each : values) sum += each;
  return sum;
}

// The mean difference of each cell, levels. `differences`: [height, width].
std::vector<float> CellMeans(std::span<const float> differences, int width, int height) {
  const int cell_width = std::min(kCell, width);
  const int cell_height = std::min(kCell, height);
  std::vector<float> means;
  for (int top = 0; top <= height - cell_height; top += kStep) {
    for (int left = 0; left <= width - cell_width; left += kStep) {
      float sum = 0;
      for (int y = top; y < top + cell_height; ++y) {
        const int row = y * width + left;
        sum += Sum(differences.subspan(static_cast<std::size_t>(row),
                                       static_cast<std::size_t>(cell_width)));
      }
      means.push_back(sum / static_cast<float>(cell_width * cell_height));
    }
  }
  return means;
}

}  // namespace

ChangeGate::ChangeGate(const ChangeGateOptions& options) : options_(options) {}

bool ChangeGate::Changed(const tensor::LumaView& frame) {
  difference_ = 255;
  noise_ = 0;
  const bool comparable =
      !answered_.pixels.empty() && frame.width == width_ && frame.height == height_;
  if (!comparable) return true;
  const tensor::Plane now = Reduced(frame);
  if (now.width != answered_.width || now.height != answered_.height) return true;
  const Light light = LightBetween(answered_, now);
  if (light.gain > options_.gain_max || light.gain < 1 / options_.gain_max ||
      std::abs(light.bias) > options_.bias_max) {
    return true;
  }
  std::vector<float> means = CellMeans(Differences(answered_, now, light), now.width, now.height);
  difference_ = std::ranges::max(means);
  noise_ = std::clamp(Middle(means), kNoiseMin, options_.noise_max);
  if (difference_ > std::max(options_.level_min, options_.noise_factor * noise_)) return true;
  ++unchanged_;
  return options_.unchanged_max > 0 && unchanged_ > options_.unchanged_max;
}

void ChangeGate::Answered(const tensor::LumaView& frame) {
  answered_ = Reduced(frame);
  width_ = frame.width;
  height_ = frame.height;
  unchanged_ = 0;
}

void ChangeGate::Forget() {
  answered_ = {};
  unchanged_ = 0;
}

}  // namespace perigee::vision
