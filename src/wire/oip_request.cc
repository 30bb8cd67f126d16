#include "wire/oip_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "wire/json.h"
#include "wire/oip_tensor.h"

namespace perigee::wire {
namespace {

using tensor::DType;
using tensor::Shape;
using tensor::Tensor;

constexpr std::string_view kAttempt = "parse infer request";

// Boolean parameter, taken out of `parameters`; unset if absent.
Result<std::optional<bool>> TakeBool(Parameters& parameters, std::string_view name) {
  const auto found = parameters.find(name);
  if (found == parameters.end()) return std::nullopt;
  const bool* truth = std::get_if<bool>(&found->second);
  if (truth == nullptr) {
    return Fail(InvalidArgument(fmt::format("parse parameter {}: it is no boolean", name)));
  }
  const bool value = *truth;
  parameters.erase(found);
  return value;
}

Result<RequestedOutput> ReadOutput(JsonValue object) {
  RequestedOutput output;
  output.name = TRY(ReadText(object, "name"));
  if (output.name.empty()) return Fail(InvalidArgument("parse requested output: it has no name"));
  Parameters parameters = TRY(ReadParameters(object));
  if (parameters.contains("shared_memory_region")) {
    return Fail(Unimplemented(fmt::format("parse output {}: no shared memory here", output.name)));
  }
  output.binary_data = TRY(TakeBool(parameters, "binary_data"));
  const std::optional<std::size_t> top = TRY(ReadSize(parameters, "classification"));
  if (top && (*top == 0 || *top > std::numeric_limits<int>::max())) {
    return Fail(InvalidArgument(
        fmt::format("parse output {}: classification must be at least 1", output.name)));
  }
  output.classification = static_cast<int>(top.value_or(0));
  return output;
}

Result<std::vector<RequestedOutput>> ReadOutputs(JsonValue root) {
  std::vector<RequestedOutput> outputs;
  const std::vector<JsonValue> list = TRY(ReadList(root, "outputs"));
  for (const JsonValue& object : list) {
    RequestedOutput output = TRY(ReadOutput(object));
    if (std::ranges::find(outputs, output.name, &RequestedOutput::name) != outputs.end()) {
      return Fail(
          InvalidArgument(fmt::format("{}: output {} is asked for twice", kAttempt, output.name)));
    }
    outputs.push_back(std::move(output));
  }
  return outputs;
}

Result<model::Tensors> ReadInputs(JsonValue root, std::span<const std::byte> binary) {
  model::Tensors inputs;
  const std::vector<JsonValue> list = TRY(ReadList(root, "inputs"));
  if (list.empty()) return Fail(InvalidArgument(fmt::format("{}: it has no inputs", kAttempt)));
  for (const JsonValue& object : list) {
    model::NamedTensor input = TRY(ReadTensor(object, binary));
    if (model::Find(inputs, input.name) != nullptr) {
      return Fail(
          InvalidArgument(fmt::format("{}: input {} is there twice", kAttempt, input.name)));
    }
    inputs.push_back(std::move(input));
  }
  if (!binary.empty()) {
    return Fail(InvalidArgument(
        fmt::format("{}: {} bytes are left over after the last tensor", kAttempt, binary.size())));
  }
  return inputs;
}

// The body is one element, so its length goes before it: the only copy of a raw request.
Result<Tensor> RawElement(Shape shape, std::span<const std::byte> body) {
  if (body.size() > std::numeric_limits<std::uint32_t>::max()) {
    return Fail(InvalidArgument("parse raw request: an element has less than 4 GiB"));
  }
  const auto length = static_cast<std::uint32_t>(body.size());
  const auto prefix = std::as_bytes(std::span(&length, 1));
  std::vector<std::byte> bytes;
  bytes.reserve(prefix.size() + body.size());
  bytes.insert(bytes.end(), prefix.begin(), prefix.end());
  bytes.insert(bytes.end(), body.begin(), body.end());
  return Tensor::Own(DType::kBytes, std::move(shape), std::move(bytes));
}

// The shape that a raw body of that many bytes has: batch 1, at most one free dimension.
Result<Shape> RawShape(const model::TensorSpec& spec, bool batched, std::size_t body_bytes) {
  Shape shape = spec.shape;
  if (batched && !shape.empty()) shape[0] = 1;
  const auto free = std::ranges::count(shape, std::int64_t{-1});
  if (spec.dtype == DType::kBytes) std::ranges::replace(shape, std::int64_t{-1}, std::int64_t{1});
  if (spec.dtype == DType::kBytes || free == 0) return shape;
  const auto place = std::ranges::find(shape, std::int64_t{-1});
  *place = 1;
  const std::int64_t others = TRY(tensor::ElementCount(shape));
  const std::size_t unit = static_cast<std::size_t>(others) * tensor::DTypeSize(spec.dtype);
  if (free > 1 || unit == 0 || body_bytes % unit != 0) {
    return Fail(InvalidArgument(
        fmt::format("parse raw request: input {} of shape {} cannot be told from {} bytes",
                    spec.name, tensor::ShapeText(spec.shape), body_bytes)));
  }
  *place = static_cast<std::int64_t>(body_bytes / unit);
  return shape;
}

Result<Tensor> RawTensor(DType dtype, Shape shape, std::span<const std::byte> body) {
  if (dtype == DType::kBytes) return RawElement(std::move(shape), body);
  const std::size_t size = tensor::DTypeSize(dtype);
  if (reinterpret_cast<std::uintptr_t>(body.data()) % size == 0) {
    return Tensor::Borrow(dtype, std::move(shape), body);
  }
  return Tensor::Own(dtype, std::move(shape), {body.begin(), body.end()});
}

Result<InferRequest> ParseRaw(std::span<const std::byte> body,
                              const model::Description& description) {
  if (description.inputs.size() != 1) {
    return Fail(InvalidArgument(
        fmt::format("parse raw request: model {} has {} inputs, a raw request is for one",
                    description.name, description.inputs.size())));
  }
  const model::TensorSpec& spec = description.inputs[0];
  Shape shape = TRY(RawShape(spec, description.batch_max > 0, body.size()));
  Result<Tensor> tensor = RawTensor(spec.dtype, std::move(shape), body);
  if (!tensor) return Fail(std::move(tensor).error().Within("parse raw request"));
  InferRequest request;
  request.inputs.push_back({spec.name, *std::move(tensor)});
  request.binary_output = true;
  return request;
}

}  // namespace

Result<InferRequest> ParseInferRequest(std::span<const std::byte> body,
                                       std::optional<std::size_t> json_length,
                                       const model::Description& description) {
  if (json_length == std::size_t{0}) return ParseRaw(body, description);
  const OipBody halves = TRY(SplitBody(body, json_length));
  const JsonDocument document = TRY(JsonDocument::Parse(halves.json, kAttempt));
  const JsonValue root = document.root();
  if (!root.IsObject()) return Fail(InvalidArgument(fmt::format("{}: no object", kAttempt)));
  InferRequest request;
  request.id = TRY(ReadText(root, "id"));
  request.parameters = TRY(ReadParameters(root));
  const std::optional<bool> binary = TRY(TakeBool(request.parameters, "binary_data_output"));
  request.binary_output = binary.value_or(false);
  request.outputs = TRY(ReadOutputs(root));
  request.inputs = TRY(ReadInputs(root, halves.binary));
  return request;
}

}  // namespace perigee::wire
