// Which waiting requests run next, and together; which are refused or given up, and what a newcomer
// has to expect. A pure state machine in the time handed to it: it starts nothing, waits for
// nothing and knows requests only by id, so the same events give the same decisions at any speed.
// Backlog drives it; trial/replay replays it. The hybrid after Nexus (SOSP'19) early drop,
// Clockwork (OSDI'20) "never start what cannot finish", and earliest deadline first.
// Not thread-safe.
#pragma once

#include <cstdint>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "serving/service_profile.h"
#include "serving/tenant_shares.h"
#include "serving/urgent_batch.h"
#include "serving/valuable_batch.h"
#include "serving/wait_forecast.h"
#include "serving/waiting_request.h"
#include "task/hint.h"

namespace perigee::serving {

struct SchedulerOptions {
  int instances = 1;
  int batch_max = 1;    // rows gathered into one run; a request with more runs alone
  Duration wait_max{};  // how long a request may be held back for others to join it
  int queue_max = 256;  // requests, of all tenants
  int rows_max = 0;     // of one request; the profile learns up to there. 0: batch_max
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
// among requests of one priority, shape, size and deadline; between tenants, deficit round robin
// decides who bears the drops.
//
// Without a deadline a request is never late. It stands in line as if it were due a second after it
// came (a quarter of that for high priority, four times for low). In overload it fills up what
// others leave, and once it is due one such request goes first as long as those have had less than
// a quarter of the time: it neither starves others nor is starved.
class Scheduler {
 public:
  explicit Scheduler(const SchedulerOptions& options);

  ServiceProfile& profile() { return profile_; }
  const ServiceProfile& profile() const { return profile_; }
  // From the next decision on, as the plan follows the profile; at most the options' rows_max.
  void set_batch_max(int rows) { options_.batch_max = rows; }

  // ResourceExhausted: queue_max requests are waiting, or more of this tenant than leave room for
  // others. DeadlineExceeded: late already, or even alone it could not finish in time behind what
  // runs. Neither names a model.
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

  // For one row that would arrive now and be due after `budget`, or task::kUsualBudget.
  task::Hint Predict(TimePoint now, Duration budget) const;
  std::size_t size() const { return waiting_.size(); }

 private:
  struct Running {
    TimePoint started;
    int rows = 0;
  };

  Result<void> Admit(const QueuedRequest& request, TimePoint now) const;
  bool MayProbe(const QueuedRequest& request, TimePoint now) const;
  void Enqueue(const QueuedRequest& request, TimePoint now, bool probe);
  Duration Unit() const { return profile_.P95(options_.batch_max); }
  Duration WaitAtLeast(TimePoint now) const;
  TimePoint LastStart(const WaitingRequest& one) const;
  TimePoint NextDrop() const;
  BatchChoice Choice(TimePoint now) const;
  TimePoint ChooseMembers(TimePoint now);
  std::size_t Aged(TimePoint now) const;
  void Start(TimePoint now, Decision& decision);
  void ChargeAged(Duration cost, int rows);
  void TakeOut(const Members& places);

  SchedulerOptions options_;
  ServiceProfile profile_;
  TenantShares shares_;
  UrgentBatch urgent_;
  ValuableBatch valuable_;
  WaitForecast forecast_;
  std::vector<WaitingRequest> waiting_;  // by due, then arrival
  std::vector<Running> running_;
  int rows_seen_ = 1;  // the most of one request so far
  TimePoint ran_last_ = TimePoint::min();
  Duration aged_credit_{};  // time that those without a deadline may take from others
  // Scratch of one call.
  mutable std::vector<TimePoint> busy_until_;
  Members members_;
  std::size_t must_ = 0;
  bool overload_ = false;
};

}  // namespace perigee::serving
