// How long runs of 1, 2, ... rows take on this machine: s(rows). Seeded from a measurement or the
// card's estimate, corrected by every run. Pure. Not thread-safe.
#pragma once

#include <vector>

#include "base/clock.h"

namespace perigee::serving {

struct ProfilePoint {
  int rows = 1;
  Duration median{};
  Duration p95{};
};

class ServiceProfile {
 public:
  // `rows_max`: the largest run there will be. Until anything is known every run takes zero time,
  // so that nothing is refused on a guess.
  explicit ServiceProfile(int rows_max);

  // Points by rising rows; between them and beyond, s is linear in the rows. Replaces all.
  void Seed(const std::vector<ProfilePoint>& points);
  void Observe(int rows, Duration took);

  bool known() const;
  // The 95th percentile: what a promise is made by. Never falls with the rows.
  Duration P95(int rows) const;
  // What to expect: for hints.
  Duration Median(int rows) const;
  // For the profile page and the cache.
  std::vector<ProfilePoint> Points() const;

 private:
  struct Estimate {
    Duration median{};
    Duration p95{};
    int observed = 0;  // 0: only seeded, or unknown
    bool seeded = false;
  };
  std::vector<Estimate> estimates_;  // by rows - 1
};

}  // namespace perigee::serving
