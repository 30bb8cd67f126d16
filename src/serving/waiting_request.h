// A request as the scheduler knows it: by id, before and while it waits. Values.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/clock.h"
#include "serving/service_profile.h"
#include "task/context.h"

namespace perigee::serving {

struct QueuedRequest {
  std::uint64_t id = 0;
  int rows = 1;                 // at least 1
  std::uint64_t shape_key = 0;  // only requests of one key fit into one batch
  TimePoint deadline = kNever;
  task::Priority priority = task::Priority::kNormal;
  std::uint32_t tenant = 0;  // dense small numbers, given out by the driver
};

struct WaitingRequest {
  QueuedRequest request;
  TimePoint arrived;
  TimePoint due;            // its deadline; without one, the end of its patience
  TimePoint run_by;         // held back for others no longer than this
  Duration residual{};      // when it came, until an instance was free
  std::uint32_t ahead = 0;  // then, requests that were due before it
  bool probe = false;       // runs although the profile says that it will be late

  bool best_effort() const { return request.deadline == kNever; }
};

// What a batch is chosen from. `waiting` is sorted by `due`, equal ones by arrival.
struct BatchChoice {
  std::span<const WaitingRequest> waiting;
  const ServiceProfile& profile;
  std::span<const TimePoint> busy_until;  // of the instances that run something
  TimePoint now;
  int instances = 1;
  int batch_max = 1;
};

// Places in `waiting`.
using Members = std::vector<std::uint32_t>;

}  // namespace perigee::serving
