// A clock that one can also wait on: what the load generator needs of time, so that its tests run
// at any speed (trial/testing/fake_timeline.h).
#pragma once

#include <stop_token>

#include "base/clock.h"

namespace perigee::trial {

// Thread-safe.
class Timeline : public Clock {
 public:
  // Returns at `until`, or as soon as `stop` is requested.
  virtual void WaitUntil(TimePoint until, std::stop_token stop) = 0;
};

class SteadyTimeline final : public Timeline {
 public:
  TimePoint Now() const override { return std::chrono::steady_clock::now(); }
  void WaitUntil(TimePoint until, std::stop_token stop) override;
};

}  // namespace perigee::trial
