#include "model/model.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>

namespace perigee::model {
namespace {

// Where Run's caller sleeps until the answer comes.
class Waiter {
 public:
  void Set(Result<Output> result) {
    const std::lock_guard lock(mutex_);
    result_ = std::move(result);
    // Under the lock: the waiter's stack, and this object with it, may be gone right after.
    set_.notify_one();
  }
  // False if the deadline came first.
  bool WaitUntil(TimePoint deadline) {
    std::unique_lock lock(mutex_);
    return set_.wait_until(lock, deadline, [this] { return result_.has_value(); });
  }
  Result<Output> Wait() {
    std::unique_lock lock(mutex_);
    set_.wait(lock, [this] { return result_.has_value(); });
    return *std::move(result_);
  }

 private:
  std::mutex mutex_;
  std::condition_variable set_;
  std::optional<Result<Output>> result_;
};

Error WithModel(const Description& description, std::string why) {
  return InvalidArgument(fmt::format("infer {}: {}", description.name, std::move(why)));
}

std::string TensorText(tensor::DType dtype, const tensor::Shape& shape) {
  return fmt::format("{} {}", tensor::DTypeName(dtype), tensor::ShapeText(shape));
}

Result<void> CheckNames(const Description& description, const Tensors& inputs) {
  for (const NamedTensor& input : inputs) {
    const auto spec = std::ranges::find(description.inputs, input.name, &TensorSpec::name);
    if (spec == description.inputs.end()) {
      return Fail(WithModel(description, "it has no input " + input.name));
    }
  }
  for (const TensorSpec& spec : description.inputs) {
    if (Find(inputs, spec.name) == nullptr) {
      return Fail(WithModel(description, "input " + spec.name + " is missing"));
    }
  }
  if (inputs.size() != description.inputs.size()) {
    return Fail(WithModel(description, "an input is given twice"));
  }
  return {};
}

Result<void> CheckFits(const Description& description, const TensorSpec& spec,
                       const tensor::Tensor& input) {
  if (input.dtype() == spec.dtype && tensor::ShapeFits(input.shape(), spec.shape)) return {};
  return Fail(WithModel(description, fmt::format("input {} is {}, the model takes {}", spec.name,
                                                 TensorText(input.dtype(), input.shape()),
                                                 TensorText(spec.dtype, spec.shape))));
}

Result<void> CheckRows(const Description& description, const Tensors& inputs) {
  std::optional<std::int64_t> rows;
  for (const NamedTensor& input : inputs) {
    if (input.tensor.shape().empty()) {
      return Fail(WithModel(description, "input " + input.name + " has no batch dimension"));
    }
    const std::int64_t here = input.tensor.shape()[0];
    if (rows.value_or(here) != here) {
      return Fail(WithModel(description, fmt::format("inputs of {} and {} rows", *rows, here)));
    }
    rows = here;
  }
  if (rows.value_or(0) < 1 || *rows > description.batch_max) {
    return Fail(WithModel(description, fmt::format("{} rows where 1 to {} may come",
                                                   rows.value_or(0), description.batch_max)));
  }
  return {};
}

}  // namespace

const tensor::Tensor* Find(const Tensors& tensors, std::string_view name) {
  const auto found = std::ranges::find(tensors, name, &NamedTensor::name);
  return found == tensors.end() ? nullptr : &found->tensor;
}

// This thread would only wait: it lends all its time, unless the context forbids it. The answer may
// borrow nothing and the inputs are the caller's, so Run cannot walk away at the deadline: it asks
// for the stop, and the model's answer follows at once.
Result<Output> Run(Model& model, const Tensors& inputs, const task::Context& context) {
  Waiter waiter;
  const auto done = [&waiter](Result<Output> result) { waiter.Set(std::move(result)); };
  task::Context bounded = context;
  if (bounded.lends >= Duration{}) bounded.lends = Duration::max();
  if (context.deadline == kNever) {
    model.Submit(inputs, bounded, done);
    return waiter.Wait();
  }
  std::stop_source ours;
  const std::stop_callback forward(context.stop, [&ours] { ours.request_stop(); });
  bounded.stop = ours.get_token();
  model.Submit(inputs, bounded, done);
  if (waiter.WaitUntil(context.deadline)) return waiter.Wait();
  ours.request_stop();
  Result<Output> late = waiter.Wait();
  if (late.has_value() || late.error().code != Code::kCancelled || context.stop.stop_requested()) {
    return late;
  }
  return Fail(DeadlineExceeded(
      fmt::format("infer {}: the deadline passed during the run", model.description().name)));
}

Result<void> CheckInputs(const Description& description, const Tensors& inputs) {
  TRY(CheckNames(description, inputs));
  for (const TensorSpec& spec : description.inputs) {
    TRY(CheckFits(description, spec, *Find(inputs, spec.name)));
  }
  return description.batch_max > 0 ? CheckRows(description, inputs) : Result<void>();
}

}  // namespace perigee::model
