// The rules that a simulation compares, behind one interface: the scheduler, and simpler ones.
// Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "serving/scheduler.h"

namespace perigee::trial {

struct SimulationOptions;

class WaitingLine {
 public:
  virtual ~WaitingLine() = default;
  // False: refused.
  virtual bool Push(const serving::QueuedRequest& request, TimePoint now) = 0;
  // `free`: an instance is. Otherwise nothing is handed out.
  virtual void Decide(TimePoint now, bool free, serving::Decision& decision) = 0;
  virtual void Finish(TimePoint started, int rows, TimePoint now) = 0;
  // For one that has `budget`, or task::kUsualBudget.
  virtual task::Hint Predict(TimePoint now, Duration budget) const = 0;
};

std::unique_ptr<WaitingLine> MakeLine(const SimulationOptions& options);

}  // namespace perigee::trial
