// What a node predicts for a request that would arrive now. Callers spread their work by it, or
// keep it on the device.
#pragma once

#include "base/clock.h"

namespace perigee::task {

// Ask for a hint with this where the caller's own time budget is not known: as much as most have.
inline constexpr Duration kUsualBudget = Duration::min();

struct Hint {
  Duration wait{};       // until its run would start
  Duration service{};    // that its run would take
  Duration valid_for{};  // how long to believe it; zero: nothing is predicted
};

}  // namespace perigee::task
