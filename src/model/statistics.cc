#include "model/statistics.h"

#include <algorithm>

namespace perigee::model {

void Histogram::Observe(Duration duration) {
  const double seconds = ToSeconds(duration);
  const auto bucket = std::ranges::lower_bound(kLatencyBuckets, seconds) - kLatencyBuckets.begin();
  ++counts[static_cast<std::size_t>(bucket)];
  sum_seconds += seconds;
}

}  // namespace perigee::model
