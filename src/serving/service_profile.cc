#include "serving/service_profile.h"

#include <algorithm>
#include <cstddef>

#include "base/check.h"

namespace perigee::serving {
namespace {

constexpr int kSeedWorth = 16;  // runs
constexpr std::uint64_t kForgottenAfter = 1024;
constexpr float kUnknown = -1;
// Nothing takes longer than an hour; sums of such times stay far from overflow.
constexpr float kLongest = 3600e9F;

float Ns(Duration duration) {
  return std::clamp(static_cast<float>(duration.count()), 0.0F, kLongest);
}

}  // namespace

ServiceProfile::ServiceProfile(int rows_max) {
  CHECK(rows_max >= 1);
  const auto sizes = static_cast<std::size_t>(std::min(rows_max, kRowsMax));
  sizes_.resize(sizes);
  seed_median_.resize(sizes);
  seed_p95_.resize(sizes);
  median_.resize(sizes);
  p95_.resize(sizes);
  pools_.reserve(sizes);
}

void ServiceProfile::Seed(const std::vector<ProfilePoint>& points) {
  const std::size_t sizes = sizes_.size();
  sizes_.assign(sizes, Size());
  stretch_ = RecentSamples();
  runs_ = 0;
  std::ranges::fill(seed_median_, kUnknown);
  std::ranges::fill(seed_p95_, kUnknown);
  seeded_ = false;
  for (const ProfilePoint& point : points) {
    if (point.rows < 1 || point.rows > static_cast<int>(sizes)) continue;
    const auto at = static_cast<std::size_t>(point.rows) - 1;
    seed_median_[at] = Ns(point.median);
    seed_p95_[at] = Ns(std::max(point.median, point.p95));
    sizes_[at].point = seeded_ = true;
  }
  FillGaps(seed_median_);
  FillGaps(seed_p95_);
  Rebuild();
}

void ServiceProfile::Observe(int rows, Duration took) {
  CHECK(rows >= 1);
  if (rows > static_cast<int>(sizes_.size()) || took < Duration::zero()) return;
  const auto at = static_cast<std::size_t>(rows) - 1;
  Size& size = sizes_[at];
  if (!Fresh(size)) size.took = RecentSamples();
  size.took.Add(Ns(took));
  size.run_last = ++runs_;
  if (seeded_ && seed_median_[at] > 0) {
    stretch_.Add(Ns(took) / seed_median_[at]);
  }
  Rebuild();
}

bool ServiceProfile::Fresh(const Size& size) const {
  return size.took.size() > 0 && runs_ - size.run_last <= kForgottenAfter;
}

void ServiceProfile::Rebuild() {
  constexpr double kMedian = 0.5;
  constexpr double kP95 = 0.95;
  Blend(kMedian, seed_median_, median_);
  Blend(kP95, seed_p95_, p95_);
  for (std::vector<float>* curve : {&median_, &p95_}) {
    FillGaps(*curve);
    MakeMonotone(*curve);
  }
  for (std::size_t i = 0; i < p95_.size(); ++i) p95_[i] = std::max(p95_[i], median_[i]);
}

void ServiceProfile::Blend(double q, const std::vector<float>& seed,
                           std::vector<float>& curve) const {
  const float stretch = stretch_.size() > 0 ? stretch_.Quantile(0.5) : 1;
  for (std::size_t i = 0; i < curve.size(); ++i) {
    const Size& size = sizes_[i];
    const float prior = seeded_ ? std::min(kLongest, seed[i] * stretch) : kUnknown;
    if (!Fresh(size)) {
      curve[i] = prior;
      continue;
    }
    const float samples = static_cast<float>(size.took.size());
    const float trust = seeded_ ? std::min(1.0F, samples / kSeedWorth) : 1;
    curve[i] = trust * size.took.Quantile(q) + (1 - trust) * prior;
  }
}

void ServiceProfile::FillGaps(std::vector<float>& curve) {
  const auto known = [](float value) { return value >= 0; };
  const auto first = std::ranges::find_if(curve, known);
  if (first == curve.end()) {
    std::ranges::fill(curve, 0.0F);
    return;
  }
  auto left = first;
  for (auto right = left; (right = std::find_if(left + 1, curve.end(), known)) != curve.end();) {
    const float step = (*right - *left) / static_cast<float>(right - left);
    for (auto gap = left + 1; gap != right; ++gap) *gap = *(gap - 1) + step;
    left = right;
  }
  // Beyond the outermost, along the line through both; through one alone, as if all of the time
  // went into the rows (above) or into the start of a run (below): never less than it takes.
  const float spread = static_cast<float>(left - first);
  const float rows = static_cast<float>(left - curve.begin() + 1);
  const float above = spread > 0 ? std::max(0.0F, (*left - *first) / spread) : *left / rows;
  const float below = spread > 0 ? above : 0;
  for (auto gap = left + 1; gap != curve.end(); ++gap)
    *gap = std::min(kLongest, *(gap - 1) + above);
  const float least = *first / static_cast<float>(first - curve.begin() + 1);
  for (auto gap = first; gap != curve.begin(); --gap) {
    *(gap - 1) = std::max(least, *gap - below);
  }
}

// Pool adjacent violators: where a larger size looks faster, both get their mean.
void ServiceProfile::MakeMonotone(std::vector<float>& curve) {
  pools_.clear();
  for (std::size_t i = 0; i < curve.size(); ++i) {
    const double weight = 1 + sizes_[i].took.size();
    Pool pool{curve[i] * weight, weight, 1};
    while (!pools_.empty() && pools_.back().sum * pool.weight > pool.sum * pools_.back().weight) {
      pool.sum += pools_.back().sum;
      pool.weight += pools_.back().weight;
      pool.count += pools_.back().count;
      pools_.pop_back();
    }
    pools_.push_back(pool);
  }
  auto out = curve.begin();
  for (const Pool& pool : pools_) {
    out = std::fill_n(out, pool.count, static_cast<float>(pool.sum / pool.weight));
  }
}

// Above the table, along the line through its ends.
Duration::rep ServiceProfile::Beyond(const std::vector<float>& curve, int rows) {
  const auto sizes = static_cast<float>(curve.size());
  const float more = static_cast<float>(rows) - sizes;
  const float slope =
      sizes > 1 ? (curve.back() - curve.front()) / (sizes - 1) : curve.back() / sizes;
  return static_cast<Duration::rep>(std::min(kLongest, curve.back() + more * slope));
}

std::vector<ProfilePoint> ServiceProfile::Points() const {
  std::vector<ProfilePoint> points;
  for (std::size_t i = 0; i < sizes_.size(); ++i) {
    if (!sizes_[i].point && sizes_[i].took.size() == 0) continue;
    const int rows = static_cast<int>(i) + 1;
    points.push_back({rows, Median(rows), P95(rows)});
  }
  return points;
}

}  // namespace perigee::serving
