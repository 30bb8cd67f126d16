// PORT Model: named tensors in, named tensors out. Served (batched for many callers), alone (a
// phone) or remote (a node over the wire); pipelines cannot tell them apart.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "model/profile.h"
#include "model/statistics.h"
#include "task/context.h"
#include "task/hint.h"
#include "tensor/tensor.h"

namespace perigee::model {

struct NamedTensor {
  std::string name;
  tensor::Tensor tensor;
};
using Tensors = std::vector<NamedTensor>;

// nullptr if there is none of that name.
const tensor::Tensor* Find(const Tensors& tensors, std::string_view name);

struct TensorSpec {
  std::string name;
  tensor::DType dtype = tensor::DType::kFp32;
  tensor::Shape shape;  // -1: any size. The first dimension is the batch where batch_max > 0
  std::vector<std::string> labels;  // of the last dimension's indices; may be empty
};

struct Description {
  std::string name;
  std::string version;   // "1"
  std::string platform;  // "onnxruntime_onnx"
  std::vector<TensorSpec> inputs;
  std::vector<TensorSpec> outputs;
  int batch_max = 0;  // rows of one request at most; 0: the first dimension is not a batch
};

struct Output {
  Tensors tensors;
  Duration queued{};         // from Submit to the start of the run
  Duration compute{};        // the run that these rows were part of
  std::string version = {};  // that answered; empty: the one that description() names
};

// Thread-safe.
class Model {
 public:
  using Done = std::move_only_function<void(Result<Output>)>;

  virtual ~Model() = default;
  virtual const Description& description() const = 0;
  // Calls `done` exactly once, perhaps before returning, perhaps on another thread. Keep `inputs`
  // (and what they borrow) until then; the model also until Submit has returned. Refused at the
  // door: inputs unlike description() (InvalidArgument), no room (ResourceExhausted). Later: cannot
  // be in time (DeadlineExceeded), stop requested (Cancelled).
  virtual void Submit(const Tensors& inputs, const task::Context& context, Done done) = 0;
  virtual Statistics statistics() const = 0;
  // For one row that would arrive now and be due after `budget`, or task::kUsualBudget.
  virtual task::Hint hint(Duration /*budget*/) const { return {}; }
  // Of source kUnknown where nothing is served here.
  virtual Profile profile() const { return {}; }
};

// Whoever has found a model keeps it until the request is done, whatever is unloaded meanwhile.
using SharedModel = std::shared_ptr<Model>;

// Submit and wait: for pipelines, which are straight-line code.
Result<Output> Run(Model& model, const Tensors& inputs, const task::Context& context);

// InvalidArgument in one sentence unless `inputs` are exactly the ones described, with fitting
// dtypes and shapes, one batch size, and at most batch_max rows.
Result<void> CheckInputs(const Description& description, const Tensors& inputs);

}  // namespace perigee::model
