// What goes down every call beside the payload: until when, for whom, and a way to be told that
// nobody waits any more. A value; copy it freely, from any thread.
#pragma once

#include <stop_token>
#include <string>

#include "base/clock.h"
#include "task/trace.h"

namespace perigee::task {

// Who goes first when not all can be in time. While all can, it changes nothing.
enum class Priority { kHigh, kNormal, kLow };

struct Context {
  // On the wire always remaining milliseconds; here a point of the steady clock.
  TimePoint deadline = kNever;
  // Requested when the caller left (reset, RST_STREAM, Ctrl-C) or the node gives up on it.
  std::stop_token stop = {};
  // What the caller says the answer is for; logged, never interpreted below the door.
  std::string purpose = {};
  // On whose share of the node this counts; empty: the share of all who name none.
  std::string tenant = {};
  Priority priority = Priority::kNormal;
  // For how long the submitting thread may itself be held to compute; zero: not at all. Who would
  // only wait for the answer lends all the time there is, unless this is negative: a thread that is
  // held by a run that ignores its stop is held until that ends.
  Duration lends{};
  Trace trace = {};
};

}  // namespace perigee::task
