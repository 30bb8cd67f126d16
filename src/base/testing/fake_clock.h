// A clock that moves only when a test says so. Thread-safe.
#pragma once

#include <atomic>

#include "base/clock.h"

namespace perigee {

class FakeClock final : public Clock {
 public:
  TimePoint Now() const override { return TimePoint(Duration(now_ns_.load())); }
  void Advance(Duration step) { now_ns_ += step.count(); }

 private:
  std::atomic<Duration::rep> now_ns_ = 1'000'000'000;
};

}  // namespace perigee
