#include "serving/profiler.h"

#include <algorithm>
#include <chrono>
#include <numeric>
#include <utility>

namespace perigee::serving {
namespace {

constexpr std::size_t kSamples = 7;                            // of one size
constexpr Duration kSizeMax = std::chrono::milliseconds(500);  // then fewer do
constexpr Duration kAllMax = std::chrono::seconds(10);         // then the larger sizes stay unknown
constexpr int kDisturbedMax = 1000;

}  // namespace

Profiler::Profiler(int rows_max) {
  for (int rows = 1; rows < rows_max; rows *= 2) sizes_.push_back(rows);
  if (rows_max > 0) sizes_.push_back(rows_max);
  std::ranges::reverse(sizes_);
}

std::optional<int> Profiler::Next() const {
  return sizes_.empty() ? std::nullopt : std::optional(sizes_.back());
}

void Profiler::Add(Duration took) {
  spent_ += took;
  if (!std::exchange(warm_, true)) return;
  samples_.push_back(took);
  const Duration size_spent = std::accumulate(samples_.begin(), samples_.end(), Duration());
  if (samples_.size() >= kSamples || size_spent >= kSizeMax) EndSize();
}

void Profiler::EndSize() {
  std::ranges::sort(samples_);
  // What disturbs a run only makes it longer, and which size pays must not depend on who else was
  // busy at the time. What that costs in earnest, the runs of requests teach soon enough.
  const Duration usual = samples_[samples_.size() / 4];
  const Duration p95 = std::min(samples_.back(), usual + usual / 2);
  points_.push_back({sizes_.back(), usual, p95});
  sizes_.pop_back();
  if (spent_ >= kAllMax) sizes_.clear();
  samples_.clear();
  warm_ = false;
}

void Profiler::Disturbed() {
  if (++disturbed_ >= kDisturbedMax) GiveUp();
}

}  // namespace perigee::serving
