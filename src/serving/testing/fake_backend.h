// A Backend whose models are functions, and a gate that holds a run until a test opens it.
// Thread-safe.
#pragma once

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <vector>

#include "base/clock.h"
#include "serving/backend.h"

namespace perigee::serving {

// Runs enter it and wait, each until its stop is requested or the gate is open.
class Gate {
 public:
  // False if the stop came first.
  bool Enter(const std::stop_token& stop);
  // The same, but opens for this one by itself after `time`: a run that takes so long.
  bool EnterFor(Duration time, const std::stop_token& stop);
  // Returns once `count` runs in all have come to the gate.
  void WaitForRuns(int count);
  void Open();

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  int runs_ = 0;
  bool open_ = false;
};

class FakeBackend final : public Backend {
 public:
  using Run = std::function<Result<model::Tensors>(const model::Tensors&, std::stop_token)>;

  // Every file is this model, except for those whose name says otherwise: "missing.onnx" gives
  // NotFound, "broken.onnx" InvalidArgument.
  FakeBackend(std::vector<model::TensorSpec> inputs, std::vector<model::TensorSpec> outputs,
              Run run)
      : inputs_(std::move(inputs)), outputs_(std::move(outputs)), run_(std::move(run)) {}

  std::string_view platform() const override { return "fake"; }
  Result<std::unique_ptr<Session>> Open(const std::filesystem::path& file,
                                        const SessionOptions& options) override;

  int sessions_opened() const { return sessions_opened_; }
  int runs() const { return runs_; }

 private:
  class FakeSession;

  const std::vector<model::TensorSpec> inputs_;
  const std::vector<model::TensorSpec> outputs_;
  const Run run_;
  std::atomic<int> sessions_opened_ = 0;
  std::atomic<int> runs_ = 0;
};

// x [-1, 2] FP32 -> y [-1, 2] FP32, the same numbers; `gate`, if any, holds every run.
std::unique_ptr<FakeBackend> IdentityBackend(Gate* gate = nullptr);

}  // namespace perigee::serving
