// The batch to run while all that wait can be in time: earliest deadline first, grown by whatever
// fits as long as the first deadline in it is kept. Pure; keeps scratch only. Not thread-safe.
#pragma once

#include <cstdint>
#include <vector>

#include "base/clock.h"
#include "serving/waiting_request.h"

namespace perigee::serving {

class UrgentBatch {
 public:
  // Would all be in time, were the free instances to start at `at`? Simulates greedy batches in
  // order of deadline over all instances, in O(n).
  bool Feasible(const BatchChoice& choice, TimePoint at);

  // What to run. Later than now: nothing yet; that is when there will be a batch, should nobody
  // come. Wants Feasible(choice, choice.now), and something that waits.
  TimePoint Choose(const BatchChoice& choice, Members& members);

 private:
  struct Grown {
    int rows = 0;
    TimePoint limit = kNever;  // the earliest deadline in it
    TimePoint run_by = kNever;
    bool full = false;  // waiting longer gains it nothing
  };

  // What runs together with waiting[lead] from `start` on; looks no further than `reach` behind it.
  Grown Grow(const BatchChoice& choice, std::size_t lead, TimePoint start, std::size_t reach);
  TimePoint RunAt(const BatchChoice& choice, const Grown& grown);
  bool WouldBeLate(const BatchChoice& choice, std::size_t held, int rows) const;

  std::vector<TimePoint> free_;
  std::vector<char> taken_;
  Members members_;
  std::vector<std::uint64_t> keys_tried_;
};

}  // namespace perigee::serving
