// PORT Backend: turns a model file into sessions that run batches. ONNX Runtime today
// (adapters/onnxruntime), others by the same contract (serving/testing/backend_contract.h).
#pragma once

#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/model.h"

namespace perigee::serving {

struct SessionOptions {
  int threads = 1;  // inside one run. More instances beat more threads (docs/performance.md)
};

// One loaded copy of a model. Not thread-safe: one run at a time.
class Session {
 public:
  virtual ~Session() = default;
  // What the file itself says; a batch dimension shows as -1.
  virtual const std::vector<model::TensorSpec>& inputs() const = 0;
  virtual const std::vector<model::TensorSpec>& outputs() const = 0;
  // `batch` are the inputs by name, borrowed for the call. All outputs come back, in the order of
  // outputs(). Requesting `stop` ends the run between two operators: Cancelled.
  virtual Result<model::Tensors> Run(const model::Tensors& batch, std::stop_token stop) = 0;
};

// Thread-safe.
class Backend {
 public:
  virtual ~Backend() = default;
  virtual std::string_view platform() const = 0;  // "onnxruntime_onnx"
  // Of the library, as far as it decides what a run takes; part of a cached profile's key.
  virtual std::string_view version() const { return ""; }
  // NotFound: no file. InvalidArgument: not a model, or one that this runtime cannot run.
  virtual Result<std::unique_ptr<Session>> Open(const std::filesystem::path& file,
                                                const SessionOptions& options) = 0;
};

}  // namespace perigee::serving
