#include "wire/oip_response.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "wire/json.h"
#include "wire/json_writer.h"
#include "wire/oip_tensor.h"
#include "wire/tensor_json.h"

namespace perigee::wire {
namespace {

using tensor::Tensor;

bool IsBinary(std::string_view output, const InferRequest& request) {
  const auto wanted = std::ranges::find(request.outputs, output, &RequestedOutput::name);
  if (wanted == request.outputs.end()) return request.binary_output;
  return wanted->binary_data.value_or(request.binary_output);
}

// BYTES that are no text would be changed by the replacement of what is not UTF-8.
bool HasJsonForm(const Tensor& tensor) {
  return tensor.dtype() != tensor::DType::kBytes ||
         std::ranges::all_of(tensor.ByteElements(), IsUtf8);
}

void AppendBytes(const Tensor& tensor, std::string& text) {
  text.append(reinterpret_cast<const char*>(tensor.bytes().data()), tensor.bytes().size());
}

Result<void> WriteJsonTensor(const model::NamedTensor& output, JsonWriter& json) {
  if (!HasJsonForm(output.tensor)) {
    return Fail(InvalidArgument(fmt::format(
        "write output {} as JSON: its bytes are not UTF-8; ask for binary_data", output.name)));
  }
  BeginTensor(output, json);
  json.Key("data");
  TensorWriter(output.tensor, BytesOutput::kReplace).Flat(json);
  json.EndObject();
  return {};
}

void WriteParameter(const Parameter& parameter, JsonWriter& json) {
  if (const auto* truth = std::get_if<bool>(&parameter)) json.Bool(*truth);
  if (const auto* integer = std::get_if<std::int64_t>(&parameter)) json.Integer(*integer);
  if (const auto* number = std::get_if<double>(&parameter)) json.Number(*number);
  if (const auto* text = std::get_if<std::string>(&parameter)) json.String(*text);
}

void WriteParameters(const InferRequest& request, JsonWriter& json) {
  json.Key("parameters").BeginObject();
  for (const auto& [name, value] : request.parameters) {
    json.Key(name);
    WriteParameter(value, json);
  }
  json.Key("binary_data_output").Bool(request.binary_output).EndObject();
}

void WriteOutputs(const std::vector<RequestedOutput>& outputs, JsonWriter& json) {
  if (outputs.empty()) return;
  json.Key("outputs").BeginArray();
  for (const RequestedOutput& output : outputs) {
    json.BeginObject().Key("name").String(output.name).Key("parameters").BeginObject();
    if (output.binary_data) json.Key("binary_data").Bool(*output.binary_data);
    if (output.classification > 0) json.Key("classification").Integer(output.classification);
    json.EndObject().EndObject();
  }
  json.EndArray();
}

// The same tensor with its own bytes.
Result<Tensor> Owned(const Tensor& tensor) {
  return Tensor::Own(tensor.dtype(), tensor.shape(),
                     {tensor.bytes().begin(), tensor.bytes().end()});
}

}  // namespace

Result<EncodedBody> WriteInferResponse(const InferResponse& response, const InferRequest& request) {
  JsonWriter json;
  std::string binary;
  bool any_binary = false;
  json.BeginObject().Key("model_name").String(response.model_name);
  json.Key("model_version").String(response.model_version);
  if (!response.id.empty()) json.Key("id").String(response.id);
  json.Key("outputs").BeginArray();
  for (const model::NamedTensor& output : response.outputs) {
    if (!IsBinary(output.name, request)) {
      TRY(WriteJsonTensor(output, json));
      continue;
    }
    any_binary = true;
    WriteBinaryTensor(output, json);
    AppendBytes(output.tensor, binary);
  }
  json.EndArray().EndObject();
  EncodedBody encoded{std::move(json).Take(), std::nullopt};
  if (any_binary) encoded.json_length = encoded.body.size();
  encoded.body += binary;
  return encoded;
}

EncodedBody WriteInferRequest(const InferRequest& request) {
  JsonWriter json;
  json.BeginObject();
  if (!request.id.empty()) json.Key("id").String(request.id);
  WriteParameters(request, json);
  json.Key("inputs").BeginArray();
  for (const model::NamedTensor& input : request.inputs) WriteBinaryTensor(input, json);
  json.EndArray();
  WriteOutputs(request.outputs, json);
  json.EndObject();
  EncodedBody encoded{std::move(json).Take(), std::nullopt};
  encoded.json_length = encoded.body.size();
  for (const model::NamedTensor& input : request.inputs) AppendBytes(input.tensor, encoded.body);
  return encoded;
}

Result<InferResponse> ParseInferResponse(std::span<const std::byte> body,
                                         std::optional<std::size_t> json_length) {
  OipBody halves = TRY(SplitBody(body, json_length));
  const JsonDocument document = TRY(JsonDocument::Parse(halves.json, "parse infer response"));
  const JsonValue root = document.root();
  InferResponse response;
  response.model_name = TRY(ReadText(root, "model_name"));
  response.model_version = TRY(ReadText(root, "model_version"));
  response.id = TRY(ReadText(root, "id"));
  const std::vector<JsonValue> list = TRY(ReadList(root, "outputs"));
  for (const JsonValue& object : list) {
    model::NamedTensor output = TRY(ReadTensor(object, halves.binary));
    Tensor owned = TRY(Owned(output.tensor));
    response.outputs.push_back({std::move(output.name), std::move(owned)});
  }
  if (halves.binary.empty()) return response;
  return Fail(InvalidArgument(fmt::format(
      "parse infer response: {} bytes are left over after the last tensor", halves.binary.size())));
}

}  // namespace perigee::wire
