#include "adapters/onnxruntime/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <stop_token>
#include <utility>

namespace perigee::onnxruntime {
namespace {

constexpr std::size_t kLineMax = 400;

using Specs = std::vector<model::TensorSpec>;

Result<model::TensorSpec> ReadSpec(std::string name, const Ort::TypeInfo& type) {
  if (type.GetONNXType() != ONNX_TYPE_TENSOR) {
    return Fail(InvalidArgument("read signature: " + name + " is no tensor"));
  }
  const auto info = type.GetTensorTypeAndShapeInfo();
  const auto dtype = ToDType(info.GetElementType());
  if (!dtype) {
    return Fail(
        InvalidArgument(fmt::format("read signature: {} has element type {} of ONNX, which "
                                    "the Open Inference Protocol lacks",
                                    name, static_cast<int>(info.GetElementType()))));
  }
  return model::TensorSpec{std::move(name), *dtype, info.GetShape(), {}};
}

Result<Specs> ReadInputs(const Ort::Session& session) {
  const Ort::AllocatorWithDefaultOptions allocator;
  Specs specs;
  for (std::size_t i = 0; i < session.GetInputCount(); ++i) {
    const std::string name = session.GetInputNameAllocated(i, allocator).get();
    model::TensorSpec spec = TRY(ReadSpec(name, session.GetInputTypeInfo(i)));
    specs.push_back(std::move(spec));
  }
  return specs;
}

Result<Specs> ReadOutputs(const Ort::Session& session) {
  const Ort::AllocatorWithDefaultOptions allocator;
  Specs specs;
  for (std::size_t i = 0; i < session.GetOutputCount(); ++i) {
    const std::string name = session.GetOutputNameAllocated(i, allocator).get();
    model::TensorSpec spec = TRY(ReadSpec(name, session.GetOutputTypeInfo(i)));
    specs.push_back(std::move(spec));
  }
  return specs;
}

Error RunFailed(const Ort::Exception& thrown, const std::stop_token& stop) {
  if (stop.stop_requested()) return Cancelled("run ONNX Runtime: the stop was requested");
  const std::string message = "run ONNX Runtime: " + FirstLine(thrown.what());
  return thrown.GetOrtErrorCode() == ORT_INVALID_ARGUMENT ? InvalidArgument(message)
                                                          : Internal(message);
}

}  // namespace

std::string FirstLine(std::string_view text) {
  return std::string(text.substr(0, std::min(text.find('\n'), kLineMax)));
}

Result<std::unique_ptr<serving::Session>> Session::Open(Ort::Session session) {
  Specs inputs = TRY(ReadInputs(session));
  Specs outputs = TRY(ReadOutputs(session));
  return std::unique_ptr<serving::Session>(
      new Session(std::move(session), std::move(inputs), std::move(outputs)));
}

Session::Session(Ort::Session session, Specs inputs, Specs outputs)
    : session_(std::move(session)), inputs_(std::move(inputs)), outputs_(std::move(outputs)) {
  for (const model::TensorSpec& spec : inputs_) input_names_.push_back(spec.name.c_str());
  for (const model::TensorSpec& spec : outputs_) output_names_.push_back(spec.name.c_str());
  aligned_.resize(inputs_.size());
}

Result<model::Tensors> Session::Run(const model::Tensors& batch, std::stop_token stop) {
  if (stop.stop_requested()) return Fail(Cancelled("run ONNX Runtime: the stop was requested"));
  try {
    TRY(Feed(batch));
    run_options_.UnsetTerminate();  // of an earlier run
    const std::stop_callback on_stop(stop, [this] { run_options_.SetTerminate(); });
    const std::vector<Ort::Value> values =
        session_.Run(run_options_, input_names_.data(), fed_.data(), fed_.size(),
                     output_names_.data(), output_names_.size());
    fed_.clear();  // They borrow the caller's bytes.
    return Collect(values);
  } catch (const Ort::Exception& thrown) {
    fed_.clear();
    return Fail(RunFailed(thrown, stop));
  } catch (const std::exception& thrown) {
    fed_.clear();
    return Fail(Internal("run ONNX Runtime: " + FirstLine(thrown.what())));
  }
}

Result<void> Session::Feed(const model::Tensors& batch) {
  fed_.clear();
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    const model::TensorSpec& spec = inputs_[i];
    const tensor::Tensor* input = model::Find(batch, spec.name);
    if (input == nullptr) {
      return Fail(InvalidArgument("run ONNX Runtime: input " + spec.name + " is missing"));
    }
    if (input->dtype() != spec.dtype || !tensor::ShapeFits(input->shape(), spec.shape)) {
      return Fail(InvalidArgument(
          fmt::format("run ONNX Runtime: input {} is {} {}, the model takes {} {}", spec.name,
                      DTypeName(input->dtype()), tensor::ShapeText(input->shape()),
                      DTypeName(spec.dtype), tensor::ShapeText(spec.shape))));
    }
    fed_.push_back(ToValue(*input, aligned_[i]));
  }
  return {};
}

Result<model::Tensors> Session::Collect(const std::vector<Ort::Value>& values) const {
  model::Tensors outputs;
  outputs.reserve(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    tensor::Tensor output = TRY(ToTensor(values[i]));
    outputs.push_back({outputs_[i].name, std::move(output)});
  }
  return outputs;
}

}  // namespace perigee::onnxruntime
