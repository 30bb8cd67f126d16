#include "trial/latency_histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace perigee::trial {
namespace {

// Values below 2 * kSteps have a bucket each; above, every power of two is split into kSteps.
constexpr int kStepBits = 7;
constexpr std::uint64_t kSteps = 1 << kStepBits;
constexpr int kValueBits = 42;
constexpr std::uint64_t kValueMax = (std::uint64_t{1} << kValueBits) - 1;

std::size_t BucketOf(std::uint64_t value) {
  const int shift = std::max(0, static_cast<int>(std::bit_width(value)) - kStepBits - 1);
  return static_cast<std::size_t>(shift) * kSteps + (value >> shift);
}

// The middle of the bucket.
std::uint64_t ValueOf(std::size_t bucket) {
  if (bucket < 2 * kSteps) return bucket;
  const std::size_t shift = bucket / kSteps - 1;
  const std::uint64_t start = (bucket - shift * kSteps) << shift;
  return start + (std::uint64_t{1} << shift) / 2;
}

}  // namespace

LatencyHistogram::LatencyHistogram() : counts_(BucketOf(kValueMax) + 1) {}

void LatencyHistogram::Add(Duration duration) {
  const Duration value = std::max(duration, Duration{});
  ++counts_[BucketOf(std::min(static_cast<std::uint64_t>(value.count()), kValueMax))];
  minimum_ = count_ == 0 ? value : std::min(minimum_, value);
  maximum_ = std::max(maximum_, value);
  sum_ns_ += static_cast<double>(value.count());
  ++count_;
}

void LatencyHistogram::Merge(const LatencyHistogram& other) {
  if (other.count_ == 0) return;
  for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
  minimum_ = count_ == 0 ? other.minimum_ : std::min(minimum_, other.minimum_);
  maximum_ = std::max(maximum_, other.maximum_);
  sum_ns_ += other.sum_ns_;
  count_ += other.count_;
}

Duration LatencyHistogram::Mean() const {
  if (count_ == 0) return {};
  return Duration(std::llround(sum_ns_ / static_cast<double>(count_)));
}

Duration LatencyHistogram::Percentile(double percent) const {
  if (count_ == 0) return {};
  const double exact_rank = std::ceil(percent / 100 * static_cast<double>(count_));
  const auto rank = std::clamp<std::uint64_t>(static_cast<std::uint64_t>(exact_rank), 1, count_);
  if (rank == count_) return maximum_;
  std::uint64_t seen = 0;
  std::size_t bucket = 0;
  while ((seen += counts_[bucket]) < rank) ++bucket;
  return std::clamp(Duration(ValueOf(bucket)), minimum_, maximum_);
}

}  // namespace perigee::trial
