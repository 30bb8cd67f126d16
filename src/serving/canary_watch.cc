#include "serving/canary_watch.h"

#include <fmt/format.h>

#include <algorithm>

namespace perigee::serving {
namespace {

constexpr double kFailuresAlpha = 2e-4;
constexpr double kSlowerAlpha = 1e-4;
constexpr double kLabelsAlpha = 2e-4;
constexpr double kMeansAlpha = 1e-4;  // to either side
constexpr std::uint64_t kLooks = 5;   // a window, for failures
// Of the stable version no more than this is kept for each answer of the candidate: more tells
// little and costs memory.
constexpr std::size_t kStableMax = 4;
constexpr std::size_t kCompareMin = 20;  // below, the approximations say nothing

double Median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

}  // namespace

void CanaryWatch::Add(const CanarySample& sample, Side& side) {
  ++side.failures.total;
  if (sample.failed) {
    ++side.failures.hits;
    return;
  }
  side.compute_ms.push_back(ToMilliseconds(sample.compute));
  if (sample.label) {
    ++side.labels[*sample.label];
  } else {
    side.means.push_back(sample.mean);
  }
}

void CanaryWatch::AddStable(const CanarySample& sample) {
  ++stable_answers_;
  if (stable_.failures.total < kStableMax * static_cast<std::size_t>(plan_.window)) {
    Add(sample, stable_);
  }
}

CanaryWatch::Verdict CanaryWatch::AddCandidate(const CanarySample& sample) {
  ++candidate_answers_;
  if (ended_) return Verdict::kNone;
  Add(sample, candidate_);
  const std::uint64_t seen = candidate_.failures.total;
  const auto window = static_cast<std::uint64_t>(plan_.window);
  if (seen < window) {
    const bool look = seen % std::max<std::uint64_t>(window / kLooks, 1) == 0;
    return look && FailsMore(kFailuresAlpha / kLooks) ? RollBack() : Verdict::kNone;
  }
  if (FailsMore(kFailuresAlpha / kLooks) || IsSlower() || AnswersOtherwise()) return RollBack();
  stable_ = {};
  candidate_ = {};
  ++good_windows_;
  ended_ = plan_.good_windows > 0 && good_windows_ >= plan_.good_windows;
  return ended_ ? Verdict::kPromote : Verdict::kGood;
}

CanaryWatch::Verdict CanaryWatch::RollBack() {
  ended_ = true;
  return Verdict::kRollBack;
}

bool CanaryWatch::FailsMore(double alpha) {
  const double chance = MoreHits(stable_.failures, candidate_.failures);
  if (chance >= alpha) return false;
  reason_ = fmt::format(
      "version {} failed {} of {} requests, the stable version {} of {} (chance {:.1e})",
      plan_.version, candidate_.failures.hits, candidate_.failures.total, stable_.failures.hits,
      stable_.failures.total, chance);
  return true;
}

bool CanaryWatch::IsSlower() {
  if (std::min(stable_.compute_ms.size(), candidate_.compute_ms.size()) < kCompareMin) return false;
  const double stable = Median(stable_.compute_ms);
  const double candidate = Median(candidate_.compute_ms);
  if (candidate <= stable * plan_.slowdown_max) return false;  // saves the ranking
  std::vector<double> allowed = stable_.compute_ms;
  for (double& milliseconds : allowed) milliseconds *= plan_.slowdown_max;
  const double chance = Larger(allowed, candidate_.compute_ms);
  if (chance >= kSlowerAlpha) return false;
  reason_ = fmt::format(
      "version {} computes {:.3g} ms, the stable version {:.3g} ms (medians; chance {:.1e})",
      plan_.version, candidate, stable, chance);
  return true;
}

bool CanaryWatch::AnswersOtherwise() {
  if (!candidate_.labels.empty()) {
    const double chance = OtherProportions(stable_.labels, candidate_.labels);
    if (chance >= kLabelsAlpha) return false;
    reason_ = fmt::format("version {} gives other labels than the stable version (chance {:.1e})",
                          plan_.version, chance);
    return true;
  }
  if (std::min(stable_.means.size(), candidate_.means.size()) < kCompareMin) return false;
  const double stable = Median(stable_.means);
  const double candidate = Median(candidate_.means);
  const double chance = candidate > stable ? Larger(stable_.means, candidate_.means)
                                           : Larger(candidate_.means, stable_.means);
  if (chance >= kMeansAlpha) return false;
  reason_ = fmt::format(
      "version {} answers {:.4g}, the stable version {:.4g} (medians of the first output's mean; "
      "chance {:.1e})",
      plan_.version, candidate, stable, chance);
  return true;
}

}  // namespace perigee::serving
