// Counters of one model version since it was loaded, in the words of the statistics extension of
// the Open Inference Protocol. Plain values.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "base/clock.h"

namespace perigee::model {

struct CountAndTime {
  std::uint64_t count = 0;
  Duration total{};

  void Add(Duration duration, std::uint64_t times = 1) {
    count += times;
    total += duration;
  }
  void Add(const CountAndTime& other) { Add(other.total, other.count); }
};

struct BatchStatistics {
  CountAndTime infer;
};

// Upper bounds of histogram buckets, in seconds; one more bucket takes the rest.
inline constexpr std::array<double, 12> kLatencyBuckets = {
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5};
// Of a slack, which is negative where the answer came after its deadline.
inline constexpr std::array<double, 14> kSlackBuckets = {
    -1, -0.25, -0.1, -0.025, -0.01, 0, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5};

template <const auto& kBuckets>
struct BucketCounts {
  std::array<std::uint64_t, kBuckets.size() + 1> counts{};
  double sum_seconds = 0;

  void Observe(Duration duration) {
    const double seconds = ToSeconds(duration);
    const auto bucket = std::ranges::lower_bound(kBuckets, seconds) - kBuckets.begin();
    ++counts[static_cast<std::size_t>(bucket)];
    sum_seconds += seconds;
  }
  void Add(const BucketCounts& other) {
    for (std::size_t i = 0; i < counts.size(); ++i) counts[i] += other.counts[i];
    sum_seconds += other.sum_seconds;
  }
};
using Histogram = BucketCounts<kLatencyBuckets>;
using SlackHistogram = BucketCounts<kSlackBuckets>;

// Requests of one tenant, as they ended.
struct TenantCounts {
  std::uint64_t in_time = 0;   // answered by the deadline, or without having one
  std::uint64_t late = 0;      // DeadlineExceeded, or answered too late to be of use
  std::uint64_t rejected = 0;  // no room
  std::uint64_t other = 0;     // the caller left, or what they sent or ran was wrong
};
// Tenants that are told apart; those that come later share the name kTenantsRest.
inline constexpr std::size_t kTenantsMax = 1024;
inline constexpr const char* kTenantsRest = "(others)";

struct Statistics {
  std::uint64_t inference_count = 0;   // rows
  std::uint64_t execution_count = 0;   // runs of the backend
  std::int64_t last_inference_ms = 0;  // Unix time; 0: never
  CountAndTime success;                // whole requests
  CountAndTime fail;
  CountAndTime queue;
  CountAndTime compute_input;  // gathering rows into a batch
  CountAndTime compute_infer;
  CountAndTime compute_output;  // handing rows back

  // Why requests ended without an answer; `fail` counts each of them too.
  std::uint64_t rejected = 0;         // no room
  std::uint64_t late = 0;             // DeadlineExceeded: the sum of the next three
  std::uint64_t late_on_arrival = 0;  // could not be met even by itself
  std::uint64_t dropped = 0;          // gave up while it waited, as it could not be met any more
  std::uint64_t late_in_run = 0;      // passed during its run
  std::uint64_t cancelled = 0;        // the caller left

  // Time that runs took which nobody waited for at their end: all callers had left, or all
  // deadlines had passed.
  CountAndTime abandoned;
  std::uint64_t sessions_replaced = 0;  // they threw, answered in a wrong shape, or hung
  std::uint64_t hung_now = 0;           // runs that neither end nor heed their stop

  std::uint64_t queued_now = 0;
  std::map<int, BatchStatistics> batches;  // by batch size

  // Of whole requests that succeeded, and of their stages.
  Histogram latency;
  Histogram queue_time;
  Histogram compute_time;
  // How long before its deadline each answer came; only of requests that have one.
  SlackHistogram slack;

  std::map<std::string, TenantCounts> tenants;  // by name, kTenantsMax at most; "": named none

  // Of the variants or versions behind one name: all together.
  void Add(const Statistics& other);
};

}  // namespace perigee::model
