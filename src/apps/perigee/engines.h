// The models and tasks of this process, without any server: what `serve` puts on the network and
// `run --local` calls straight.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "adapters/onnxruntime/backend.h"
#include "base/clock.h"
#include "base/result.h"
#include "model/model_set.h"
#include "runtime/log.h"
#include "runtime/worker_pool.h"
#include "serving/repository.h"
#include "serving/served_model.h"
#include "task/task_set.h"

namespace perigee::app {

struct EngineOptions {
  std::filesystem::path models;
  serving::ServedModelOptions serving;
  int task_queue_max = 256;
};

// Immutable once loaded; what it hands out is thread-safe.
class Engines {
 public:
  // The first model that cannot be loaded is the error: a node that lacks half of its models must
  // not look healthy.
  static Result<std::unique_ptr<Engines>> Load(const EngineOptions& options,
                                               const runtime::Log& log, const Clock& clock);

  const model::ModelSet& models() const { return models_; }
  // Empty if the folder has no `face_detector` and `emotion`.
  const task::TaskSet& tasks() const { return tasks_; }

 private:
  Engines(const EngineOptions& options, const Clock& clock) : options_(options), clock_(clock) {}
  Result<void> LoadModels(const runtime::Log& log);
  Result<void> OpenTasks();

  const EngineOptions options_;
  const Clock& clock_;
  std::unique_ptr<onnxruntime::Backend> backend_;
  std::vector<serving::RepositoryEntry> entries_;
  model::ModelSet models_;
  task::TaskSet tasks_;
  std::unique_ptr<runtime::WorkerPool> workers_;  // last, so that it ends first
};

}  // namespace perigee::app
