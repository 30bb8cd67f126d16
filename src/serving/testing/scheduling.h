// A scheduler under test, in few words: times in ms since a start, and what it says.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <vector>

#include "serving/scheduler.h"

namespace perigee::serving {

using Ids = std::vector<std::uint64_t>;

inline constexpr TimePoint kStart{std::chrono::hours(1)};

inline TimePoint At(int ms) { return kStart + std::chrono::milliseconds(ms); }

// s(b) = 20 + 5 b ms.
inline void Seed(Scheduler& scheduler) {
  scheduler.profile().Seed({{1, std::chrono::milliseconds(25), std::chrono::milliseconds(25)},
                            {8, std::chrono::milliseconds(60), std::chrono::milliseconds(60)}});
}

inline Decision Decided(Scheduler& scheduler, TimePoint now = kStart) {
  Decision decision;
  scheduler.Decide(now, decision);
  return decision;
}

inline Ids Chosen(Scheduler& scheduler, TimePoint now = kStart) {
  return Decided(scheduler, now).run;
}

inline Ids Expired(Scheduler& scheduler, TimePoint now) {
  Decision decision;
  scheduler.Expire(now, decision);
  EXPECT_TRUE(decision.run.empty());
  return decision.drop;
}

inline bool Pushed(Scheduler& scheduler, const QueuedRequest& request, TimePoint now = kStart) {
  return scheduler.Push(request, now).has_value();
}

}  // namespace perigee::serving
