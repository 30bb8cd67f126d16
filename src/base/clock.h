// Time as a port, so that scheduling is a pure function of `now` and tests run at any speed.
#pragma once

#include <chrono>

namespace perigee {

using TimePoint = std::chrono::steady_clock::time_point;
using Duration = std::chrono::nanoseconds;

// "No deadline" is a time that never comes, so comparisons need no special case.
inline constexpr TimePoint kNever = TimePoint::max();

// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint Now() const = 0;
};

class SteadyClock final : public Clock {
 public:
  TimePoint Now() const override { return std::chrono::steady_clock::now(); }
};

// The point `budget` from `now`, saturating: a budget of a year, or of centuries, is kNever.
inline TimePoint DeadlineAfter(TimePoint now, Duration budget) {
  return budget > kNever - now ? kNever : now + budget;
}

inline double ToMilliseconds(Duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}
inline double ToSeconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace perigee
