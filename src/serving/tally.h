// The counters of one served model. Backlog keeps it under its lock.
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "base/error.h"
#include "model/statistics.h"
#include "serving/request.h"

namespace perigee::serving {

// Not thread-safe.
class Tally {
 public:
  void Success(const Batch& batch, const Request& request, TimePoint now);
  // Every request that ends in an error, whatever the reason.
  void Failure(Code code, Duration whole);
  void Run(const Batch& batch);

  const model::Statistics& statistics() const { return statistics_; }

 private:
  model::Statistics statistics_;
};

}  // namespace perigee::serving
