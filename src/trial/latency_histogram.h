// Durations counted in buckets whose width grows with the value: any number of them in 36 KiB, each
// percentile within 0.8 % of the exact one. Not thread-safe; one per thread, merged at the end.
#pragma once

#include <cstdint>
#include <vector>

#include "base/clock.h"

namespace perigee::trial {

class LatencyHistogram {
 public:
  LatencyHistogram();

  // Below zero counts as zero; above 2^42 ns (73 minutes) as the top bucket.
  void Add(Duration duration);
  void Merge(const LatencyHistogram& other);

  std::uint64_t count() const { return count_; }
  // All are zero while nothing was added. Mean, minimum and maximum are exact.
  Duration Mean() const;
  Duration Minimum() const { return minimum_; }
  Duration Maximum() const { return maximum_; }
  // Nearest rank: the smallest duration that at least `percent` of all do not exceed. 0..100.
  Duration Percentile(double percent) const;

 private:
  std::vector<std::uint64_t> counts_;
  std::uint64_t count_ = 0;
  double sum_ns_ = 0;
  Duration minimum_{};
  Duration maximum_{};
};

}  // namespace perigee::trial
