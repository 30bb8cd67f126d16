// A Scheduler that, if somebody wants it, writes down what it was told and what it decided, for
// `perigee replay`. Not thread-safe; Backlog keeps it under its lock.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "serving/scheduler.h"
#include "serving/trace_recorder.h"

namespace perigee::serving {

class RecordedScheduler {
 public:
  // `trace`: a file; empty: nothing is written. `points`: what is known of the model before.
  RecordedScheduler(const SchedulerOptions& options, const std::vector<ProfilePoint>& points,
                    const std::filesystem::path& trace);

  Result<void> Push(const QueuedRequest& request, TimePoint now);
  void Decide(TimePoint now, Decision& decision);
  void Expire(TimePoint now, Decision& decision);
  void Finish(TimePoint started, int rows, TimePoint now, bool learn);
  bool Remove(std::uint64_t id);
  void Clear(std::vector<std::uint64_t>& ids);
  void Seed(const std::vector<ProfilePoint>& points);
  // Never while a trace is written: it could not be replayed.
  void set_batch_max(int rows);

  const ServiceProfile& profile() const { return scheduler_.profile(); }
  task::Hint Predict(TimePoint now, Duration budget) const {
    return scheduler_.Predict(now, budget);
  }
  std::size_t size() const { return scheduler_.size(); }

 private:
  Scheduler scheduler_;
  std::ofstream file_;
  std::optional<TraceRecorder> recorder_;
};

}  // namespace perigee::serving
