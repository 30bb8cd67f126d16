// A face task offered as a model, so that a stock Open Inference Protocol client can offload a
// photograph: one BYTES tensor in, boxes and probabilities out.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "model/model.h"
#include "task/task_set.h"

namespace perigee::pipeline {

// Thread-safe.
class TaskModel final : public model::Model {
 public:
  // The clock outlives the model, which keeps the task.
  TaskModel(std::string name, task::Seat seat, const Clock& clock);

  const model::Description& description() const override { return description_; }
  // image [1] BYTES (an encoded photograph) -> boxes [n, 4] f32 x, y, width, height in pixels of
  // the source; scores [n] f32; probabilities [n, labels] f32; emotions [n] BYTES.
  void Submit(const model::Tensors& inputs, const task::Context& context, Done done) override;
  model::Statistics statistics() const override;
  task::Hint hint(Duration budget) const override { return seat_.task->hint(budget); }

 private:
  Result<model::Output> RunTask(const model::Tensors& inputs, const task::Context& context);
  struct Times {
    Duration queued{};
    Duration compute{};
    TimePoint ended;
  };
  void Count(const Result<model::Output>& output, const task::Context& context, const Times& times);

  const task::Seat seat_;
  const Clock& clock_;
  model::Description description_;
  mutable std::mutex mutex_;
  model::Statistics statistics_;  // guarded by mutex_
};

}  // namespace perigee::pipeline
