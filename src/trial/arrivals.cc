#include "trial/arrivals.h"

#include <cmath>

#include "base/check.h"

namespace perigee::trial {

Arrivals::Arrivals(const Plan& plan) : plan_(plan), random_(plan.seed), next_(plan.start) {
  CHECK(plan.rate_per_second > 0 && plan.backlog_max > 0);
  if (plan.spacing == Spacing::kPoisson) Step();
}

std::optional<TimePoint> Arrivals::Take(TimePoint now) {
  Admit(now);
  if (!waiting_.empty()) {
    const TimePoint intended = waiting_.front();
    waiting_.pop_front();
    return intended;
  }
  if (Over()) return std::nullopt;
  const TimePoint intended = next_;
  if (intended >= plan_.measure_from) ++made_;
  Step();
  return intended;
}

void Arrivals::Abandon(TimePoint now) {
  Admit(now);
  for (const TimePoint intended : waiting_) CountDropped(intended);
  waiting_.clear();
}

// Nothing leaves the backlog between two calls, so admitting late is the same as admitting in time.
void Arrivals::Admit(TimePoint now) {
  for (; !Over() && next_ <= now; Step()) {
    if (next_ >= plan_.measure_from) ++made_;
    if (waiting_.size() < plan_.backlog_max) {
      waiting_.push_back(next_);
    } else {
      CountDropped(next_);
    }
  }
}

void Arrivals::Step() {
  const double mean_gap_ns = 1e9 / plan_.rate_per_second;
  const double gap_ns = plan_.spacing == Spacing::kUniform
                            ? mean_gap_ns
                            : std::exponential_distribution<double>(1 / mean_gap_ns)(random_);
  // At least a nanosecond, so that a schedule always moves on.
  next_ += Duration(std::max<Duration::rep>(1, std::llround(gap_ns)));
}

void Arrivals::CountDropped(TimePoint intended) {
  if (intended >= plan_.measure_from) ++dropped_;
}

bool Arrivals::Over() const {
  return next_ >= plan_.end || (plan_.count_max > 0 && made_ >= plan_.count_max);
}

}  // namespace perigee::trial
