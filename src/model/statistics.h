// Counters of one model version since it was loaded, in the words of the statistics extension of
// the Open Inference Protocol. Plain values.
#pragma once

#include <array>
#include <cstdint>
#include <map>

#include "base/clock.h"

namespace perigee::model {

struct CountAndTime {
  std::uint64_t count = 0;
  Duration total{};

  void Add(Duration duration, std::uint64_t times = 1) {
    count += times;
    total += duration;
  }
};

struct BatchStatistics {
  CountAndTime infer;
};

// Upper bounds in seconds of the latency histogram's buckets; one more bucket takes the rest.
inline constexpr std::array<double, 12> kLatencyBuckets = {
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5};

struct Histogram {
  std::array<std::uint64_t, kLatencyBuckets.size() + 1> counts{};
  double sum_seconds = 0;

  void Observe(Duration duration);
};

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
  std::uint64_t rejected = 0;   // no room
  std::uint64_t late = 0;       // deadline passed while queued
  std::uint64_t cancelled = 0;  // the caller left
  std::uint64_t queued_now = 0;
  std::map<int, BatchStatistics> batches;  // by batch size
  Histogram latency;                       // whole requests that succeeded
};

}  // namespace perigee::model
