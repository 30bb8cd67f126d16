// Which waiting requests run next, and together; which are refused or given up, and what a newcomer
// has to expect. A pure state machine in the time handed to it: it starts nothing, waits for
// nothing and knows requests only by id, so the same events give the same decisions at any speed.
// Backlog drives it; trial/replay replays it. The hybrid after Nexus (SOSP'19) early drop,
// Clockwork (OSDI'20) "never start what cannot finish", and earliest deadline first.
// Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "serving/service_profile.h"
#include "task/context.h"
#include "task/hint.h"

namespace perigee::serving {

struct SchedulerOptions {
  int instances = 1;
  int batch_max = 1;    // rows gathered into one run; a request with more runs alone
  Duration wait_max{};  // how long a request may be held back for others to join it
  int queue_max = 256;  // requests, of all tenants
};

struct QueuedRequest {
  std::uint64_t id = 0;
  int rows = 1;                 // at least 1
  std::uint64_t shape_key = 0;  // only requests of one key fit into one batch
  TimePoint deadline = kNever;
  task::Priority priority = task::Priority::kNormal;
  std::uint32_t tenant = 0;  // dense small numbers, given out by the driver
};

// What to do now. Reused from call to call.
struct Decision {
  std::vector<std::uint64_t> run;   // one batch, for one instance; empty: nothing to run now
  std::vector<std::uint64_t> drop;  // can no longer be answered in time: DeadlineExceeded
  int rows = 0;                     // of the batch
  TimePoint wake = kNever;          // decide again then at the latest, also if nothing else happens
};

// While all can be in time: earliest deadline first, batches grown as far as the first deadline
// allows. When not: the batch with the most value a second, and what lost its chance is dropped at
// once. Equal deadlines: first come, first served. Within a tenant the order never turns round
// among requests of one priority, shape and deadline; between tenants, deficit round robin decides
// who bears the drops.
class Scheduler {
 public:
  explicit Scheduler(const SchedulerOptions& options);

  ServiceProfile& profile() { return profile_; }
  const ServiceProfile& profile() const { return profile_; }

  // ResourceExhausted: queue_max requests are waiting. DeadlineExceeded: late already, or even
  // alone it could not finish in time behind what runs. Neither names a model.
  Result<void> Push(const QueuedRequest& request, TimePoint now);

  // An instance is free: what does it run? A batch that is handed out counts as running.
  void Decide(TimePoint now, Decision& decision);
  // As Decide, but hands out no batch: only what can no longer be answered in time.
  void Expire(TimePoint now, Decision& decision);
  // A batch that Decide handed out at `started` has ended. `learn`: it ran to its end, so that the
  // profile may learn from it.
  void Finish(TimePoint started, int rows, TimePoint now, bool learn);

  // False if it is not waiting.
  bool Remove(std::uint64_t id);
  // Moves the ids of all that wait to `ids`, which is cleared first.
  void Clear(std::vector<std::uint64_t>& ids);

  // For one row that would arrive now.
  task::Hint Predict(TimePoint now) const;
  std::size_t size() const;

 private:
  struct Waiting {
    QueuedRequest request;
    TimePoint arrived;
    TimePoint run_by;  // held back no longer than this
  };
  struct Running {
    TimePoint started;
    int rows = 0;
  };

  SchedulerOptions options_;
  ServiceProfile profile_;
  std::vector<Waiting> waiting_;  // by deadline, then arrival
  std::vector<Running> running_;
};

}  // namespace perigee::serving
