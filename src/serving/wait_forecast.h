// How long a request that comes now will wait and run. What is ahead of it is known; how fast that
// moves, with all that will overtake and join it, is learned from those that ran before it with
// about as much time: medians of the last 64. Pure. Not thread-safe.
#pragma once

#include <array>

#include "base/clock.h"
#include "serving/recent_samples.h"
#include "serving/waiting_request.h"
#include "task/hint.h"

namespace perigee::serving {

class WaitForecast {
 public:
  // Takes note of an arrival, and in it of what there is ahead: it is to wait at `place`.
  void Arrive(const BatchChoice& choice, std::size_t place, WaitingRequest& one);
  // It starts now, in a run of `rows`.
  void Start(const WaitingRequest& one, int rows, TimePoint now);

  // For one that would come now and be due after `budget`.
  task::Hint Predict(const BatchChoice& choice, Duration budget) const;
  // What most had, of those that ran lately.
  Duration usual_budget() const;

 private:
  // Of those with about the same budget.
  struct Class {
    RecentSamples pace;  // ns of waiting for each request ahead, beyond the residual
    RecentSamples held;  // ns that who had nobody ahead waited all the same
    RecentSamples rows;  // of the runs of those that had to wait
    float share = 0;     // of what ran lately
    float budget = 0;    // ns, the latest
  };

  static std::size_t ClassOf(Duration budget);
  static Duration Residual(const BatchChoice& choice);

  std::array<Class, 8> classes_;
  TimePoint arrived_last_ = TimePoint::min();
  float gap_ = 0;  // ns between arrivals, smoothed
};

}  // namespace perigee::serving
