#include "adapters/grpc_server/infer_codec.h"

#include <fmt/format.h>

#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "model/model.h"
#include "tensor/tensor.h"

namespace perigee::grpc_server {
namespace {

using tensor::DType;
using tensor::Shape;
using tensor::Tensor;
using InputMessage = inference::ModelInferRequest::InferInputTensor;
using OutputMessage = inference::ModelInferRequest::InferRequestedOutputTensor;
using ParameterMap = google::protobuf::Map<std::string, inference::InferParameter>;

Result<wire::Parameter> DecodeParameter(const inference::InferParameter& message) {
  switch (message.parameter_choice_case()) {
    case inference::InferParameter::kBoolParam:
      return message.bool_param();
    case inference::InferParameter::kInt64Param:
      return message.int64_param();
    case inference::InferParameter::kStringParam:
      return message.string_param();
    case inference::InferParameter::kDoubleParam:
      return message.double_param();
    case inference::InferParameter::kUint64Param:
      if (std::in_range<std::int64_t>(message.uint64_param())) {
        return static_cast<std::int64_t>(message.uint64_param());
      }
      return Fail(InvalidArgument("over 2^63 - 1"));
    case inference::InferParameter::PARAMETER_CHOICE_NOT_SET:
      break;
  }
  return Fail(InvalidArgument("has no value"));
}

Result<wire::Parameters> DecodeParameters(const ParameterMap& messages) {
  if (messages.size() > kParametersMax) {
    return Fail(InvalidArgument(
        fmt::format("{} parameters where {} may come", messages.size(), kParametersMax)));
  }
  wire::Parameters parameters;
  for (const auto& [name, message] : messages) {
    if (name.starts_with("shared_memory_")) {
      return Fail(Unimplemented("shared memory is not offered, send the bytes"));
    }
    Result<wire::Parameter> parameter = DecodeParameter(message);
    if (!parameter.has_value()) {
      return Fail(std::move(parameter).error().Within("parameter " + name));
    }
    parameters.emplace(name, *std::move(parameter));
  }
  return parameters;
}

// A repeated field of the tensor's own element type already lies as the tensor does.
template <typename Field>
Result<Tensor> BorrowField(DType dtype, Shape shape, const Field& field) {
  const std::span elements(field.data(), static_cast<std::size_t>(field.size()));
  return Tensor::Borrow(dtype, std::move(shape), std::as_bytes(elements));
}

// The protocol sends 8 and 16 bit integers as 32 bits.
template <typename Narrow, typename Field>
Result<Tensor> NarrowField(DType dtype, Shape shape, const Field& field) {
  std::vector<std::byte> bytes(static_cast<std::size_t>(field.size()) * sizeof(Narrow));
  std::byte* at = bytes.data();
  for (const auto wide : field) {
    if (!std::in_range<Narrow>(wide)) {
      return Fail(InvalidArgument(fmt::format("{} does not fit {}", wide, DTypeName(dtype))));
    }
    const auto narrow = static_cast<Narrow>(wide);
    std::memcpy(at, &narrow, sizeof narrow);
    at += sizeof narrow;
  }
  return Tensor::Own(dtype, std::move(shape), std::move(bytes));
}

Result<Tensor> JoinElements(Shape shape,
                            const google::protobuf::RepeatedPtrField<std::string>& elements) {
  std::size_t total = 0;
  for (const std::string& element : elements) total += sizeof(std::uint32_t) + element.size();
  std::vector<std::byte> bytes(total);
  std::byte* at = bytes.data();
  for (const std::string& element : elements) {
    const auto length = static_cast<std::uint32_t>(element.size());
    std::memcpy(at, &length, sizeof length);
    std::memcpy(at + sizeof length, element.data(), element.size());
    at += sizeof length + element.size();
  }
  return Tensor::Own(DType::kBytes, std::move(shape), std::move(bytes));
}

Result<Tensor> DecodeContents(DType dtype, Shape shape,
                              const inference::InferTensorContents& contents) {
  switch (dtype) {
    case DType::kBool:
      return BorrowField(dtype, std::move(shape), contents.bool_contents());
    case DType::kUint8:
      return NarrowField<std::uint8_t>(dtype, std::move(shape), contents.uint_contents());
    case DType::kUint16:
      return NarrowField<std::uint16_t>(dtype, std::move(shape), contents.uint_contents());
    case DType::kUint32:
      return BorrowField(dtype, std::move(shape), contents.uint_contents());
    case DType::kUint64:
      return BorrowField(dtype, std::move(shape), contents.uint64_contents());
    case DType::kInt8:
      return NarrowField<std::int8_t>(dtype, std::move(shape), contents.int_contents());
    case DType::kInt16:
      return NarrowField<std::int16_t>(dtype, std::move(shape), contents.int_contents());
    case DType::kInt32:
      return BorrowField(dtype, std::move(shape), contents.int_contents());
    case DType::kInt64:
      return BorrowField(dtype, std::move(shape), contents.int64_contents());
    case DType::kFp32:
      return BorrowField(dtype, std::move(shape), contents.fp32_contents());
    case DType::kFp64:
      return BorrowField(dtype, std::move(shape), contents.fp64_contents());
    case DType::kBytes:
      return JoinElements(std::move(shape), contents.bytes_contents());
    case DType::kFp16:
    case DType::kBf16:
      break;
  }
  return Fail(InvalidArgument(fmt::format("{} travels in raw_input_contents", DTypeName(dtype))));
}

// `raw` is null where the request uses typed contents.
Result<Tensor> DecodeTensor(const InputMessage& message, const std::string* raw) {
  TRY(DecodeParameters(message.parameters()));
  const std::optional<DType> dtype = tensor::ParseDType(message.datatype());
  if (!dtype.has_value()) {
    return Fail(InvalidArgument("there is no datatype \"" + message.datatype() + '"'));
  }
  if (message.shape_size() > kRankMax) {
    return Fail(InvalidArgument(
        fmt::format("{} dimensions where {} may come", message.shape_size(), kRankMax)));
  }
  Shape shape(message.shape().begin(), message.shape().end());
  if (raw == nullptr) return DecodeContents(*dtype, std::move(shape), message.contents());
  if (message.has_contents() && message.contents().ByteSizeLong() > 0) {
    return Fail(InvalidArgument("contents and raw_input_contents are both given"));
  }
  return Tensor::Borrow(*dtype, std::move(shape), std::as_bytes(std::span(*raw)));
}

Result<model::Tensors> DecodeInputs(const inference::ModelInferRequest& message) {
  const int raw_count = message.raw_input_contents_size();
  if (message.inputs_size() > kTensorsMax) {
    return Fail(InvalidArgument(
        fmt::format("{} inputs where {} may come", message.inputs_size(), kTensorsMax)));
  }
  if (raw_count > 0 && raw_count != message.inputs_size()) {
    return Fail(InvalidArgument(
        fmt::format("{} raw_input_contents for {} inputs", raw_count, message.inputs_size())));
  }
  model::Tensors inputs;
  inputs.reserve(static_cast<std::size_t>(message.inputs_size()));
  for (int i = 0; i < message.inputs_size(); ++i) {
    const InputMessage& input = message.inputs(i);
    Result<Tensor> tensor =
        DecodeTensor(input, raw_count > 0 ? &message.raw_input_contents(i) : nullptr);
    if (!tensor.has_value()) return Fail(std::move(tensor).error().Within("input " + input.name()));
    inputs.push_back({input.name(), *std::move(tensor)});
  }
  return inputs;
}

Result<wire::RequestedOutput> DecodeOutput(const OutputMessage& message) {
  wire::RequestedOutput output{.name = message.name(), .binary_data = {}};
  const wire::Parameters parameters = TRY(DecodeParameters(message.parameters()));
  const auto found = parameters.find("classification");
  if (found == parameters.end()) return output;
  const auto* count = std::get_if<std::int64_t>(&found->second);
  if (count == nullptr || *count < 0 || !std::in_range<int>(*count)) {
    return Fail(InvalidArgument("classification is no whole number from 0"));
  }
  output.classification = static_cast<int>(*count);
  return output;
}

Result<std::vector<wire::RequestedOutput>> DecodeOutputs(
    const inference::ModelInferRequest& message) {
  if (message.outputs_size() > kTensorsMax) {
    return Fail(InvalidArgument(
        fmt::format("{} outputs where {} may come", message.outputs_size(), kTensorsMax)));
  }
  std::vector<wire::RequestedOutput> outputs;
  for (const OutputMessage& requested : message.outputs()) {
    Result<wire::RequestedOutput> output = DecodeOutput(requested);
    if (!output.has_value()) {
      return Fail(std::move(output).error().Within("output " + requested.name()));
    }
    outputs.push_back(*std::move(output));
  }
  return outputs;
}

Result<wire::InferRequest> DecodeParts(const inference::ModelInferRequest& message) {
  wire::InferRequest request;
  request.model_name = message.model_name();
  request.model_version = message.model_version();
  request.id = message.id();
  request.parameters = TRY(DecodeParameters(message.parameters()));
  request.inputs = TRY(DecodeInputs(message));
  request.outputs = TRY(DecodeOutputs(message));
  request.binary_output = true;
  return request;
}

}  // namespace

Result<wire::InferRequest> DecodeInfer(const inference::ModelInferRequest& message) {
  Result<wire::InferRequest> request = DecodeParts(message);
  if (request.has_value()) return request;
  return Fail(std::move(request).error().Within("infer " + message.model_name()));
}

void EncodeInfer(const wire::InferResponse& response, inference::ModelInferResponse& message) {
  message.set_model_name(response.model_name);
  message.set_model_version(response.model_version);
  message.set_id(response.id);
  for (const auto& [name, tensor] : response.outputs) {
    auto& output = *message.add_outputs();
    output.set_name(name);
    const std::string_view dtype = tensor::DTypeName(tensor.dtype());
    output.set_datatype(dtype.data(), dtype.size());
    output.mutable_shape()->Add(tensor.shape().begin(), tensor.shape().end());
    const std::span<const std::byte> bytes = tensor.bytes();
    message.add_raw_output_contents(bytes.data(), bytes.size());
  }
}

}  // namespace perigee::grpc_server
