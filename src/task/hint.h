// What a node predicts for a request that would arrive now. Callers spread their work by it, or
// keep it on the device.
#pragma once

#include "base/clock.h"

namespace perigee::task {

struct Hint {
  Duration wait{};       // until its run would start
  Duration service{};    // that its run would take
  Duration valid_for{};  // how long to believe it; zero: nothing is predicted
};

}  // namespace perigee::task
