// What to do about a run that is under way: nothing yet, stop it, answer its callers without it,
// or give up the instance that it holds. Pure; Backlog's timekeeper asks.
#pragma once

#include <chrono>

#include "base/clock.h"
#include "serving/request.h"

namespace perigee::serving {

inline constexpr Duration kStopGrace = std::chrono::milliseconds(250);

struct RunVerdict {
  enum class Act { kNothing, kStop, kTakeCallers, kGiveUpInstance };
  Act act = Act::kNothing;
  bool late = false;        // why to stop: the last deadline passed
  TimePoint next = kNever;  // if there is nothing to do: when to ask again
};

// A run is stopped when its last caller's deadline has passed, or when it takes longer than
// `run_max` (0: never). If it heeds that within kStopGrace, nothing else happens. If not, its
// callers are answered without it, where the session reads none of their memory; and once it is
// over run_max the instance is given up too.
RunVerdict Judge(const Batch& batch, TimePoint now, Duration run_max);

}  // namespace perigee::serving
