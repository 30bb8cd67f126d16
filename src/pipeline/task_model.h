// A face task offered as a model, so that a stock Open Inference Protocol client can offload a
// photograph: one BYTES tensor in, boxes and probabilities out.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "model/model.h"
#include "task/task.h"

namespace perigee::pipeline {

// Thread-safe.
class TaskModel final : public model::Model {
 public:
  using Work = std::move_only_function<void(Result<void> admitted)>;
  // Runs work on threads that may block, once; or at once with an error if there is no room.
  using Post = std::function<void(TimePoint deadline, Work work)>;

  // `task` and `clock` outlive the model.
  TaskModel(std::string name, task::Task& task, Post post, const Clock& clock);

  const model::Description& description() const override { return description_; }
  // image [1] BYTES (an encoded photograph) -> boxes [n, 4] f32 x, y, width, height in pixels of
  // the source; scores [n] f32; probabilities [n, labels] f32; emotions [n] BYTES.
  void Submit(const model::Tensors& inputs, const task::Context& context, Done done) override;
  model::Statistics statistics() const override;

 private:
  Result<model::Output> RunTask(const model::Tensors& inputs, const task::Context& context);
  void Count(const Result<model::Output>& output, Duration queued, Duration compute);

  task::Task& task_;
  const Post post_;
  const Clock& clock_;
  model::Description description_;
  mutable std::mutex mutex_;
  model::Statistics statistics_;  // guarded by mutex_
};

}  // namespace perigee::pipeline
