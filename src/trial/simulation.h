// One model under load, in virtual time: what share of requests is answered in time, by the
// scheduler and by the simpler rules it is compared with. Hours in seconds, the same every time.
// Pure; any thread.
#pragma once

#include <cstdint>
#include <vector>

#include "base/clock.h"
#include "serving/scheduler.h"
#include "serving/trace_recorder.h"

namespace perigee::trial {

enum class Rule {
  kScheduler,  // serving::Scheduler
  kFifo,       // first come, first served; late requests run too
  kFifoDrop,   // the same, but who is late already does not run
  kEdf,        // earliest deadline first; who is late already does not run
};

// Who asks how much: Poisson arrivals, independent of the others.
struct SimulatedTenant {
  double rate_per_second = 0;
  task::Priority priority = task::Priority::kNormal;
  std::vector<Duration> budgets;  // each request draws one; zero: no deadline
};

struct SimulationOptions {
  Rule rule = Rule::kScheduler;
  std::vector<SimulatedTenant> tenants;
  std::uint64_t seed = 1;
  Duration length = std::chrono::seconds(120);
  std::uint64_t arrivals_max = 10'000'000;
  serving::SchedulerOptions node{.instances = 1, .batch_max = 8};
  // s(b) = start + b * row; `noise` is the sigma of a log-normal factor.
  Duration start = std::chrono::milliseconds(20);
  Duration row = std::chrono::milliseconds(5);
  double noise = 0;
  serving::TraceRecorder* recorder = nullptr;  // of the scheduler's events
};

// Requests a second of one instance that runs full batches only.
double CapacityPerSecond(const SimulationOptions& options);

// The workload of the goodput table: `tenants` equal ones, half their requests 80 ms and half
// 400 ms, `load` times the capacity of all instances.
std::vector<SimulatedTenant> MixedDeadlines(const SimulationOptions& options, double load,
                                            int tenants = 1);

struct Goodput {
  std::uint64_t arrived = 0;
  std::uint64_t in_time = 0;
  std::uint64_t late = 0;     // ran, but ended too late: work for nobody
  std::uint64_t dropped = 0;  // refused on arrival, or given up while it waited

  double fraction() const {
    return arrived == 0 ? 0 : static_cast<double>(in_time) / static_cast<double>(arrived);
  }
};

struct SimulationReport {
  Goodput all;
  std::vector<std::vector<Goodput>> by_tenant;  // [tenant][budget]
  double busy = 0;                              // of the instances' time
  double wasted = 0;                            // of the busy time: for requests that ended late
  double batch_mean = 0;                        // requests a run
  // Median of |predicted - true| / true, of wait and service together, of those that ran: of what
  // was predicted for their own budget, and for the usual one.
  double forecast_error = 0;
  double forecast_error_usual = 0;
  std::uint64_t runs = 0;
};

SimulationReport Simulate(const SimulationOptions& options);

}  // namespace perigee::trial
