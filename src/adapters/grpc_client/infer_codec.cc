#include "adapters/grpc_client/infer_codec.h"

#include <fmt/format.h>

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "model/model.h"
#include "tensor/tensor.h"

namespace perigee::grpc_client {
namespace {

using OutputMessage = inference::ModelInferResponse::InferOutputTensor;

struct ParameterWriter {
  inference::InferParameter& message;
  void operator()(bool value) const { message.set_bool_param(value); }
  void operator()(std::int64_t value) const { message.set_int64_param(value); }
  void operator()(double value) const { message.set_double_param(value); }
  void operator()(const std::string& value) const { message.set_string_param(value); }
};

void EncodeTensor(const model::NamedTensor& input, inference::ModelInferRequest& message) {
  auto& encoded = *message.add_inputs();
  encoded.set_name(input.name);
  encoded.set_datatype(std::string(tensor::DTypeName(input.tensor.dtype())));
  const tensor::Shape& shape = input.tensor.shape();
  encoded.mutable_shape()->Add(shape.begin(), shape.end());
  const std::span<const std::byte> bytes = input.tensor.bytes();
  message.add_raw_input_contents(bytes.data(), bytes.size());
}

Result<tensor::Tensor> DecodeTensor(const OutputMessage& message, const std::string& raw) {
  const std::optional<tensor::DType> dtype = tensor::ParseDType(message.datatype());
  if (!dtype.has_value()) {
    return Fail(Internal("there is no datatype \"" + message.datatype() + '"'));
  }
  const std::span<const std::byte> bytes = std::as_bytes(std::span(raw));
  Result<tensor::Tensor> tensor = tensor::Tensor::Own(
      *dtype, {message.shape().begin(), message.shape().end()}, {bytes.begin(), bytes.end()});
  if (!tensor.has_value()) return Fail(Internal(std::move(tensor).error().message));
  return tensor;
}

Result<model::Tensors> DecodeOutputs(const inference::ModelInferResponse& message) {
  if (message.outputs_size() > 0 && message.raw_output_contents_size() == 0) {
    return Fail(Unimplemented("the answer has no raw_output_contents"));
  }
  if (message.raw_output_contents_size() != message.outputs_size()) {
    return Fail(Internal(fmt::format("{} raw_output_contents for {} outputs",
                                     message.raw_output_contents_size(), message.outputs_size())));
  }
  model::Tensors outputs;
  for (int i = 0; i < message.outputs_size(); ++i) {
    const OutputMessage& output = message.outputs(i);
    Result<tensor::Tensor> tensor = DecodeTensor(output, message.raw_output_contents(i));
    if (!tensor.has_value()) {
      return Fail(std::move(tensor).error().Within("output " + output.name()));
    }
    outputs.push_back({output.name(), *std::move(tensor)});
  }
  return outputs;
}

}  // namespace

void EncodeInfer(const wire::InferRequest& request, inference::ModelInferRequest& message) {
  message.Clear();
  message.set_model_name(request.model_name);
  message.set_model_version(request.model_version);
  message.set_id(request.id);
  for (const auto& [name, parameter] : request.parameters) {
    std::visit(ParameterWriter{(*message.mutable_parameters())[name]}, parameter);
  }
  for (const model::NamedTensor& input : request.inputs) EncodeTensor(input, message);
  for (const wire::RequestedOutput& wanted : request.outputs) {
    auto& output = *message.add_outputs();
    output.set_name(wanted.name);
    if (wanted.classification > 0) {
      (*output.mutable_parameters())["classification"].set_int64_param(wanted.classification);
    }
  }
}

Result<wire::InferResponse> DecodeInfer(const inference::ModelInferResponse& message) {
  Result<model::Tensors> outputs = DecodeOutputs(message);
  if (!outputs.has_value()) {
    return Fail(std::move(outputs).error().Within("read the answer of " + message.model_name()));
  }
  return wire::InferResponse{.model_name = message.model_name(),
                             .model_version = message.model_version(),
                             .id = message.id(),
                             .outputs = *std::move(outputs)};
}

}  // namespace perigee::grpc_client
