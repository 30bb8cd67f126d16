// A recorded trace, told to a scheduler again: the same events at the same times must give the same
// decisions, at whatever speed. Pure; any thread.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "trial/trace.h"

namespace perigee::trial {

struct Replayed {
  std::uint64_t events = 0;
  std::uint64_t decisions = 0;  // of the events
  std::uint64_t runs = 0;
  std::uint64_t hash = 0;  // of all decisions
  // Place of the first decision that differs from the recorded one; events: none does.
  std::uint64_t differs_at = 0;
};

// InvalidArgument: what is said to have ended was not running, as other decisions were made.
Result<Replayed> Replay(const Trace& trace);

// What became of the requests.
struct Outcome {
  std::uint64_t arrived = 0;
  std::uint64_t refused = 0;
  std::uint64_t dropped = 0;
  std::uint64_t removed = 0;
  std::uint64_t in_time = 0;
  std::uint64_t late = 0;
  std::uint64_t unended = 0;  // when the trace ended they waited or ran

  double goodput() const {
    return arrived == 0 ? 0 : static_cast<double>(in_time) / static_cast<double>(arrived);
  }
};

// As Replay, but slower, as it follows every request.
Result<Outcome> Follow(const Trace& trace);

}  // namespace perigee::trial
