// Where `run` and `evaluate` get a task from: a node over HTTP, or models of this process.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "apps/perigee/engines.h"
#include "base/result.h"
#include "task/task_set.h"

namespace CLI {
class App;
}

namespace perigee::app {

struct TaskFlags {
  std::string node;  // URL; empty: here
  bool local = false;
  std::string ca_file;
  std::string models = "models";
  int timeout_ms = 30000;
  task::Options options;
};

void AddTaskFlags(CLI::App& command, TaskFlags& flags);

// Owns whatever the task needs.
class TaskSource {
 public:
  static Result<TaskSource> Open(const std::string& task, const TaskFlags& flags);
  task::Task& task() const { return *task_; }

 private:
  std::unique_ptr<SteadyClock> clock_;
  std::unique_ptr<Engines> engines_;
  task::SharedTask task_;
};

}  // namespace perigee::app
