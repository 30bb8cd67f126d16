// Time that passes only when somebody waits for it, or when a test says so. Thread-safe, but only a
// single client makes the order of events certain.
#pragma once

#include "base/testing/fake_clock.h"
#include "trial/timeline.h"

namespace perigee::trial {

class FakeTimeline final : public Timeline {
 public:
  TimePoint Now() const override { return clock_.Now(); }
  void WaitUntil(TimePoint until, std::stop_token stop) override {
    if (!stop.stop_requested() && until > Now()) clock_.Advance(until - Now());
  }
  void Advance(Duration step) { clock_.Advance(step); }

 private:
  FakeClock clock_;
};

}  // namespace perigee::trial
