// How a pipeline divides the time until its deadline among its stages, and what a newcomer has to
// expect: both from how long each stage took lately. After InferLine (SoCC'20): a stage must end
// early enough for those behind it, so a model that cannot do that says so before it begins.
#pragma once

#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "model/model.h"
#include "task/context.h"
#include "task/hint.h"

namespace perigee::pipeline {

// Thread-safe.
class StageBudget {
 public:
  struct Stage {
    std::string name;
    model::Model* model = nullptr;  // whose queue it waits in; null: work of its own
  };
  // How many whole runs a newcomer waits for before its own begins (runtime::WorkerPool). May be
  // empty.
  using RunsAhead = std::function<double()>;

  // The clock and the models outlive it.
  StageBudget(std::vector<Stage> stages, RunsAhead runs_ahead, const Clock& clock);

  // Nothing is predicted before the first run has ended.
  task::Hint hint(Duration budget) const;

  // One run through all stages, in their order. Not thread-safe.
  class Run {
   public:
    Run(StageBudget& budget, const task::Context& context);
    // Learns from a run that ended early, too: the reserve for what follows may be too large.
    ~Run();
    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;

    // What the next stage may use. DeadlineExceeded: no time is left for it, as far as can be told;
    // Cancelled: the caller left.
    Result<task::Context> Begin();
    void End();

   private:
    StageBudget& budget_;
    const task::Context& context_;
    std::size_t stage_ = 0;
    TimePoint begun_;
    Duration wait_{};       // predicted when the stage began
    bool refused_ = false;  // no time was left for a stage
  };

 private:
  // Mean and mean deviation, each an exponentially weighted average.
  struct Estimate {
    Duration mean{};
    Duration deviation{};
    bool known = false;
  };
  void Observe(std::size_t stage, Duration took);
  // Of the stages behind `stage`: what nearly all runs need.
  Duration Reserve(std::size_t stage) const;
  void Doubt(std::size_t stage);
  static Duration Wait(const Stage& stage, Duration budget);

  const std::vector<Stage> stages_;
  const RunsAhead runs_ahead_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  std::vector<Estimate> estimates_;  // guarded by mutex_; without the waits in the models' queues
};

}  // namespace perigee::pipeline
