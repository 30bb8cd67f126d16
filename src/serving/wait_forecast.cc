#include "serving/wait_forecast.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace perigee::serving {
namespace {

constexpr float kSmoothing = 1.0F / 16;
constexpr float kShareSmoothing = 1.0F / 128;
constexpr Duration kShortest = std::chrono::milliseconds(16);
constexpr float kGapMax = 1e9;  // a second: longer says nothing about the next
constexpr Duration kValidMin = std::chrono::milliseconds(1);
constexpr Duration kValidMax = std::chrono::seconds(1);

float Ns(Duration duration) { return static_cast<float>(duration.count()); }

}  // namespace

Duration WaitForecast::Residual(const BatchChoice& choice) {
  if (static_cast<int>(choice.busy_until.size()) < choice.instances) return Duration::zero();
  return std::max(Duration::zero(), *std::ranges::min_element(choice.busy_until) - choice.now);
}

void WaitForecast::Arrive(const BatchChoice& choice, std::size_t place, WaitingRequest& one) {
  if (arrived_last_ != TimePoint::min()) {
    const float gap = std::min(kGapMax, Ns(choice.now - arrived_last_));
    gap_ = gap_ == 0 ? gap : gap_ + kSmoothing * (gap - gap_);
  }
  arrived_last_ = choice.now;
  one.residual = Residual(choice);
  one.ahead = static_cast<std::uint32_t>(place);
}

// Each is twice as long as the one before; the first ends at 16 ms, the last begins at 1 s.
std::size_t WaitForecast::ClassOf(Duration budget) {
  std::size_t at = 0;
  for (Duration end = kShortest; at < 7 && budget > end; end *= 2) ++at;
  return at;
}

void WaitForecast::Start(const WaitingRequest& one, int rows, TimePoint now) {
  const std::size_t at = ClassOf(one.due - one.arrived);
  for (Class& other : classes_) other.share -= kShareSmoothing * other.share;
  Class& its = classes_[at];
  its.share += kShareSmoothing;
  its.budget = Ns(one.due - one.arrived);
  const float beyond = std::max(0.0F, Ns(now - one.arrived - one.residual));
  if (one.ahead == 0) {
    its.held.Add(beyond);
  } else {
    its.pace.Add(beyond / static_cast<float>(one.ahead));
  }
  if (now > one.arrived) its.rows.Add(static_cast<float>(rows));
}

Duration WaitForecast::usual_budget() const {
  const Class& most = *std::ranges::max_element(classes_, {}, &Class::share);
  return Duration(static_cast<Duration::rep>(most.budget));
}

task::Hint WaitForecast::Predict(const BatchChoice& choice, Duration budget) const {
  const Class& like = classes_[ClassOf(budget)];
  const TimePoint due = DeadlineAfter(choice.now, budget);
  const auto place = std::ranges::upper_bound(choice.waiting, due, {}, &WaitingRequest::due);
  const auto ahead = place - choice.waiting.begin();
  const float beyond =
      ahead == 0 ? like.held.Quantile(0.5) : static_cast<float>(ahead) * like.pace.Quantile(0.5);
  task::Hint hint;
  hint.wait = Residual(choice) + Duration(static_cast<Duration::rep>(beyond));
  int rows = 1;
  if (hint.wait > Duration::zero() && like.rows.size() > 0) {
    rows = std::max(1, static_cast<int>(std::lround(like.rows.Quantile(0.5))));
  }
  hint.service = choice.profile.Median(rows);
  const Duration gap(static_cast<Duration::rep>(gap_));
  hint.valid_for = std::clamp(std::max(hint.wait / 2, gap), kValidMin, kValidMax);
  return hint;
}

}  // namespace perigee::serving
