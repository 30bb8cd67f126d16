// The models and tasks of this process, without any server: what `serve` puts on the network and
// `run --local` calls straight. Models come and go; the tasks follow them.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "adapters/onnxruntime/backend.h"
#include "base/clock.h"
#include "base/result.h"
#include "model/model_set.h"
#include "model/repository.h"
#include "runtime/log.h"
#include "runtime/worker_pool.h"
#include "serving/live_repository.h"
#include "serving/retirement.h"
#include "serving/served_model_options.h"
#include "task/task_set.h"

namespace perigee::app {

struct EngineOptions {
  std::filesystem::path models;
  serving::ServedModelOptions serving;
  serving::LiveRepositoryOptions::Control control = serving::LiveRepositoryOptions::Control::kStart;
  Duration poll_every = std::chrono::seconds(5);
  int task_queue_max = 256;
};

// Thread-safe once loaded. What it hands out ends before it.
class Engines {
 public:
  // With Control::kStart the first model that cannot be loaded is the error: a node that lacks half
  // of its models must not look healthy.
  static Result<std::unique_ptr<Engines>> Load(const EngineOptions& options,
                                               const runtime::Log& log, const Clock& clock);
  ~Engines();
  Engines(const Engines&) = delete;
  Engines& operator=(const Engines&) = delete;

  const model::ModelSet& models() const { return models_; }
  // Empty while there is no `face_detector` and `emotion`.
  const task::TaskSet& tasks() const { return tasks_; }
  // `manage`: may callers change anything?
  model::RepositoryAccess repository(bool manage);

 private:
  Engines(const EngineOptions& options, const Clock& clock);
  // Once, and then on the repository's thread. If a task cannot be opened, the one before stays.
  Result<void> FollowModels(const std::string& changed);
  Result<void> OpenTasks();
  void CloseTasks();
  Result<void> OpenFirstRelease(const model::SharedModel& classifier, const model::Card& card);

  const EngineOptions options_;
  const Clock& clock_;
  std::unique_ptr<onnxruntime::Backend> backend_;
  // From here on in the order in which they end, the last first.
  serving::Retirement retirement_;
  std::unique_ptr<serving::LiveRepository> repository_;
  model::ModelSet models_;
  task::TaskSet tasks_;
  runtime::WorkerPool workers_;   // of the tasks
  runtime::WorkerPool managers_;  // wait for the repository
};

}  // namespace perigee::app
