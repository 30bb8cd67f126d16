// The load generator behind `perigee bench`: clients that call as fast as answers come (closed
// loop), or at times that a schedule sets (open loop), and what that was like for them.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "task/context.h"
#include "task/hint.h"
#include "trial/arrivals.h"
#include "trial/process_usage.h"
#include "trial/timeline.h"

namespace perigee::trial {

inline constexpr std::size_t kClientsMax = 1024;
inline constexpr int kBacklogMax = 1'000'000;

// What one call moved, and what the server says of its own time, if it does.
struct CallTimes {
  std::uint64_t sent_bytes = 0;
  std::uint64_t received_bytes = 0;
  std::optional<Duration> queued = std::nullopt;
  std::optional<Duration> compute = std::nullopt;
  task::Hint next = {};  // what it predicts for the next
};

// One client. Used from one thread at a time; must return once the context's deadline has passed or
// its stop token is requested.
using Call = std::move_only_function<Result<CallTimes>(const task::Context&)>;

struct LoadOptions {
  Duration warm_up{};                            // called, but not counted
  Duration duration = std::chrono::seconds(10);  // of the counted part; not looked at if `requests`
  std::uint64_t requests = 0;                    // counted calls; 0: as many as fit in `duration`
  double rate_per_second = 0;                    // 0: closed loop
  Spacing spacing = Spacing::kPoisson;           // of an open loop
  std::uint64_t seed = 1;                        // of an open loop
  int backlog_max = 1000;                        // requests of an open loop that wait for a client
  Duration timeout = std::chrono::seconds(30);   // of one call, from when it is sent
  // By when an answer is of use, from the intended start; each call is told. Unset: whenever.
  std::optional<Duration> budget = std::nullopt;
  std::string tenant = {};                       // whose share of the node the calls count on
  std::optional<int> server_pid = std::nullopt;  // a process of this machine to account for
};

// Of the calls that succeeded. In an open loop from the intended start, else from the call.
struct LatencySummary {
  Duration mean{};
  Duration minimum{};
  Duration p50{};
  Duration p90{};
  Duration p95{};
  Duration p99{};
  Duration maximum{};
};

// Counts only what started after the warm-up.
struct LoadReport {
  std::size_t clients = 0;
  double rate_per_second = 0;                     // asked for; 0: closed loop
  std::uint64_t requests = 0;                     // answered, well or not
  std::uint64_t succeeded = 0;                    // requests less all errors
  std::uint64_t in_time = 0;                      // of those, within the budget
  std::optional<Duration> budget = std::nullopt;  // asked for
  std::map<Code, std::uint64_t> errors;
  std::string first_error;    // its sentence; empty if there was none
  std::uint64_t dropped = 0;  // of an open loop: the backlog was full, or the end came first
  std::uint64_t sent_bytes = 0;
  std::uint64_t received_bytes = 0;
  LatencySummary latency;
  std::optional<Duration> queued_mean = std::nullopt;   // by the server's own account
  std::optional<Duration> compute_mean = std::nullopt;  // by the server's own account
  // Of what the server predicted last before a call against what that call then took: the median of
  // |predicted - taken| / taken.
  std::optional<double> hint_error = std::nullopt;
  Duration wall{};        // from the end of the warm-up to the last answer
  Duration client_cpu{};  // of this whole process
  std::optional<ProcessUsage> server =
      std::nullopt;      // processor time over `wall`; memory at its end
  bool stopped = false;  // by the stop token, so shorter than asked for

  double Throughput() const;  // succeeded a second
  double Goodput() const;     // share in time of all that should have been asked
};

// A thread for each of `calls`; blocks until all have ended. InvalidArgument for options that make
// no sense, NotFound for a server_pid that is no process.
Result<LoadReport> RunLoad(std::vector<Call> calls, const LoadOptions& options, Timeline& timeline,
                           const std::stop_token& stop);

}  // namespace perigee::trial
