// Recorded events of a scheduler, read from the text that serving::TraceRecorder writes. The text
// may come from anywhere: every number is bounded. Pure; any thread.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "serving/scheduler.h"

namespace perigee::trial {

inline constexpr std::size_t kTraceEventsMax = 4'000'000;
inline constexpr std::size_t kTraceBytesMax = 64 << 20;

struct TraceEvent {
  enum class Kind : std::uint8_t { kSeed, kArrive, kDecide, kExpire, kFinish, kRemove, kClear };

  Kind kind = Kind::kClear;
  bool learn = false;              // kFinish
  int rows = 0;                    // kFinish
  TimePoint at;                    // of kSeed, kRemove and kClear: of the event before
  serving::QueuedRequest request;  // kArrive; kRemove: its id
  TimePoint started;               // kFinish
  std::uint64_t hash = 0;          // kDecide, kExpire: of all decisions so far
  std::uint32_t seed = 0;          // kSeed: place in Trace::seeds
};

struct Trace {
  serving::SchedulerOptions options;
  std::vector<std::vector<serving::ProfilePoint>> seeds;
  std::vector<TraceEvent> events;
};

// InvalidArgument names the line.
Result<Trace> ParseTrace(std::string_view text);

}  // namespace perigee::trial
