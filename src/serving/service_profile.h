// How long runs of 1, 2, ... rows take on this machine: s(rows). Seeded from a measurement or the
// card's estimate, corrected by every run. Pure. Not thread-safe.
//
// Estimator: exact quantiles of the last 64 runs of each size. A seed counts as the 16 runs before
// the first, and is stretched by how much longer than it said the last 64 runs of any size took, so
// that an estimate made for another processor is right after a few runs. What 1,024 runs of other
// sizes have not refreshed is forgotten: a size that once looked slow is avoided, and would never
// be measured again. Last, sizes that contradict each other are pooled (isotonic regression).
#pragma once

#include <cstdint>
#include <vector>

#include "base/clock.h"
#include "model/profile.h"
#include "serving/recent_samples.h"

namespace perigee::serving {

using model::ProfilePoint;

class ServiceProfile {
 public:
  static constexpr int kRowsMax = 256;  // larger runs are not learned from, but predicted

  // `rows_max`: the largest run there will be. Until anything is known every run takes zero time,
  // so that nothing is refused on a guess.
  explicit ServiceProfile(int rows_max);

  // Points by rising rows; between them and beyond, s is linear in the rows. Replaces all.
  void Seed(const std::vector<ProfilePoint>& points);
  void Observe(int rows, Duration took);

  bool known() const { return seeded_ || runs_ > 0; }
  // The 95th percentile: what a promise is made by. Never falls with the rows.
  Duration P95(int rows) const { return At(p95_, rows); }
  // What to expect: for hints.
  Duration Median(int rows) const { return At(median_, rows); }
  // For the profile page and the cache: the sizes that were seeded or have run.
  std::vector<ProfilePoint> Points() const;

 private:
  struct Size {
    RecentSamples took;  // ns
    std::uint64_t run_last = 0;
    bool point = false;  // of a seed
  };

  Duration At(const std::vector<float>& curve, int rows) const {
    const auto at = static_cast<std::size_t>(rows) - 1;
    return Duration(at < curve.size() ? static_cast<Duration::rep>(curve[at])
                                      : Beyond(curve, rows));
  }
  static Duration::rep Beyond(const std::vector<float>& curve, int rows);
  bool Fresh(const Size& size) const;
  void Rebuild();
  void Blend(double q, const std::vector<float>& seed, std::vector<float>& curve) const;
  static void FillGaps(std::vector<float>& curve);
  void MakeMonotone(std::vector<float>& curve);

  // All by rows - 1. Times in ns as float: seven digits, half the memory.
  std::vector<Size> sizes_;
  std::vector<float> seed_median_;
  std::vector<float> seed_p95_;
  std::vector<float> median_;
  std::vector<float> p95_;
  RecentSamples stretch_;  // took / what the seed said
  bool seeded_ = false;
  std::uint64_t runs_ = 0;

  struct Pool {
    double sum;
    double weight;
    int count;
  };
  std::vector<Pool> pools_;  // scratch of MakeMonotone
};

}  // namespace perigee::serving
