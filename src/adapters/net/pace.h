// Is a transfer still moving? A pure rule handed `now`: it ends when nothing moved for `timeout`,
// and when, beyond the first `timeout`, the average falls below a minimum rate, so that one byte a
// second does not hold a connection for ever.
#pragma once

#include <algorithm>
#include <cstddef>

#include "base/clock.h"

namespace perigee::net {

struct PaceLimits {
  Duration timeout{};
  std::size_t rate_min = 0;  // bytes per second
};

class Pace {
 public:
  void Start(TimePoint now) {
    started_ = moved_ = now;
    bytes_ = 0;
  }
  void Move(TimePoint now, std::size_t bytes) {
    moved_ = now;
    bytes_ += bytes;
  }
  bool IsLost(TimePoint now, const PaceLimits& limits) const {
    if (now - moved_ > limits.timeout) return true;
    const double late = ToSeconds(now - started_ - limits.timeout);
    return late > 0 && static_cast<double>(bytes_) < late * static_cast<double>(limits.rate_min);
  }

 private:
  TimePoint started_{};
  TimePoint moved_{};
  std::size_t bytes_ = 0;
};

}  // namespace perigee::net
