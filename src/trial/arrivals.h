// When the requests of an open loop start: a pure state machine over a schedule made from a seed.
// A request that finds no free client waits in a bounded backlog and is measured from when it
// should have started, so a slow server cannot slow down its own questions (coordinated omission).
// Not thread-safe.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <random>

#include "base/clock.h"

namespace perigee::trial {

enum class Spacing {
  kPoisson,  // independent callers: exponential gaps
  kUniform,  // a camera: equal gaps
};

class Arrivals {
 public:
  struct Plan {
    double rate_per_second = 1;  // > 0
    Spacing spacing = Spacing::kPoisson;
    std::uint64_t seed = 1;
    std::size_t backlog_max = 1;
    TimePoint start;              // of the schedule
    TimePoint measure_from;       // arrivals before it are warm-up
    TimePoint end = kNever;       // no arrival at or after it
    std::uint64_t count_max = 0;  // measured arrivals; 0: no limit
  };
  explicit Arrivals(const Plan& plan);

  // The intended start of the request that a client free at `now` takes: one that waits already, or
  // the next one to come, for which the client then waits. Empty: the schedule is over.
  std::optional<TimePoint> Take(TimePoint now);

  // Counts those that are due by `now` and still wait as dropped: the load ends here.
  void Abandon(TimePoint now);
  // Measured arrivals that were never sent.
  std::uint64_t dropped() const { return dropped_; }

 private:
  void Admit(TimePoint now);
  void Step();
  void CountDropped(TimePoint intended);
  bool Over() const;

  const Plan plan_;
  std::mt19937_64 random_;
  TimePoint next_;
  std::uint64_t made_ = 0;         // measured arrivals so far
  std::deque<TimePoint> waiting_;  // at most backlog_max
  std::uint64_t dropped_ = 0;
};

}  // namespace perigee::trial
