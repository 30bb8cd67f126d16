// What goes down every call beside the payload: until when, for whom, and a way to be told that
// nobody waits any more. A value; copy it freely, from any thread.
#pragma once

#include <stop_token>
#include <string>

#include "base/clock.h"

namespace perigee::task {

struct Context {
  // On the wire always remaining milliseconds; here a point of the steady clock.
  TimePoint deadline = kNever;
  // Requested when the caller left (reset, RST_STREAM, Ctrl-C) or the node gives up on it.
  std::stop_token stop;
  // What the caller says the answer is for; logged, never interpreted below the door.
  std::string purpose;
};

}  // namespace perigee::task
