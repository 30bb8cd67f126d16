#include "wire/oip_metadata.h"

#include <fmt/format.h>

#include <array>
#include <limits>
#include <utility>

#include "wire/json.h"
#include "wire/json_writer.h"
#include "wire/oip_tensor.h"

namespace perigee::wire {
namespace {

constexpr std::array<std::string_view, 5> kExtensions = {"classification", "model_repository",
                                                         "model_configuration", "statistics",
                                                         "binary_tensor_data"};

std::string OneBool(std::string_view key, bool value) {
  JsonWriter json;
  json.BeginObject().Key(key).Bool(value).EndObject();
  return std::move(json).Take();
}

void WriteShape(std::span<const std::int64_t> shape, JsonWriter& json) {
  json.BeginArray();
  for (const std::int64_t dimension : shape) json.Integer(dimension);
  json.EndArray();
}

void WriteSpecs(std::span<const model::TensorSpec> specs, JsonWriter& json) {
  json.BeginArray();
  for (const model::TensorSpec& spec : specs) {
    json.BeginObject().Key("name").String(spec.name);
    json.Key("datatype").String(tensor::DTypeName(spec.dtype)).Key("shape");
    WriteShape(spec.shape, json);
    json.EndObject();
  }
  json.EndArray();
}

Result<model::TensorSpec> ReadSpec(JsonValue object) {
  model::TensorSpec spec;
  spec.name = TRY(ReadText(object, "name"));
  const std::string dtype_name = TRY(ReadText(object, "datatype"));
  const auto dtype = tensor::ParseDType(dtype_name);
  const std::vector<JsonValue> shape = TRY(ReadList(object, "shape"));
  if (spec.name.empty() || !dtype) {
    return Fail(InvalidArgument(
        fmt::format("parse metadata of tensor \"{}\": no name or an unknown datatype", spec.name)));
  }
  spec.dtype = *dtype;
  for (const JsonValue& element : shape) {
    const auto dimension = element.Integer();
    if (!dimension || *dimension < -1) {
      return Fail(InvalidArgument(
          fmt::format("parse metadata of tensor {}: a dimension is no size", spec.name)));
    }
    spec.shape.push_back(*dimension);
  }
  return spec;
}

Result<std::vector<model::TensorSpec>> ReadSpecs(JsonValue root, std::string_view key) {
  std::vector<model::TensorSpec> specs;
  const std::vector<JsonValue> list = TRY(ReadList(root, key));
  for (const JsonValue& object : list) {
    model::TensorSpec spec = TRY(ReadSpec(object));
    specs.push_back(std::move(spec));
  }
  return specs;
}

}  // namespace

std::span<const std::string_view> OipExtensions() { return kExtensions; }

std::string ServerMetadataJson(std::string_view version) {
  JsonWriter json;
  json.BeginObject().Key("name").String("perigee").Key("version").String(version);
  json.Key("extensions").BeginArray();
  for (const std::string_view extension : kExtensions) json.String(extension);
  json.EndArray().EndObject();
  return std::move(json).Take();
}

std::string LiveJson(bool live) { return OneBool("live", live); }
std::string ReadyJson(bool ready) { return OneBool("ready", ready); }

std::string ModelReadyJson(std::string_view name, bool ready) {
  JsonWriter json;
  json.BeginObject().Key("name").String(name).Key("ready").Bool(ready).EndObject();
  return std::move(json).Take();
}

std::string ModelMetadataJson(const model::Description& description,
                              std::span<const std::string> versions) {
  JsonWriter json;
  json.BeginObject().Key("name").String(description.name).Key("versions").BeginArray();
  for (const std::string& version : versions) json.String(version);
  json.EndArray().Key("platform").String(description.platform).Key("inputs");
  WriteSpecs(description.inputs, json);
  json.Key("outputs");
  WriteSpecs(description.outputs, json);
  json.EndObject();
  return std::move(json).Take();
}

std::string RepositoryIndexJson(std::span<const model::IndexLine> lines) {
  JsonWriter json;
  json.BeginArray();
  for (const model::IndexLine& line : lines) {
    json.BeginObject().Key("name").String(line.name).Key("version").String(line.version.version);
    json.Key("state").String(model::StateName(line.version.state));
    json.Key("reason").String(line.version.reason).EndObject();
  }
  json.EndArray();
  return std::move(json).Take();
}

Result<bool> ParseIndexRequest(std::span<const std::byte> body) {
  if (body.empty()) return false;
  const JsonDocument document = TRY(JsonDocument::Parse(body, "parse index request"));
  if (!document.root().IsObject()) return Fail(InvalidArgument("parse index request: no object"));
  const auto ready = document.root().Find("ready");
  if (!ready) return false;
  const auto only_ready = ready->Bool();
  if (!only_ready) return Fail(InvalidArgument("parse index request: ready is no boolean"));
  return *only_ready;
}

Result<model::Description> ParseModelMetadata(std::span<const std::byte> body) {
  const JsonDocument document = TRY(JsonDocument::Parse(body, "parse model metadata"));
  const JsonValue root = document.root();
  model::Description description;
  description.name = TRY(ReadText(root, "name"));
  description.platform = TRY(ReadText(root, "platform"));
  description.inputs = TRY(ReadSpecs(root, "inputs"));
  description.outputs = TRY(ReadSpecs(root, "outputs"));
  const std::vector<JsonValue> versions = TRY(ReadList(root, "versions"));
  // The newest stands last; clients that ask for no version get that one.
  const auto newest = versions.empty() ? std::nullopt : versions.back().String();
  description.version = std::string(newest.value_or(""));
  if (description.name.empty()) return Fail(InvalidArgument("parse model metadata: no name"));
  return description;
}

Result<int> ParseMaxBatchSize(std::span<const std::byte> config_body) {
  const JsonDocument document = TRY(JsonDocument::Parse(config_body, "parse model config"));
  const auto found = document.root().Find("max_batch_size");
  if (!found) return 0;
  const auto size = found->Integer();
  if (!size || *size < 0 || *size > std::numeric_limits<int>::max()) {
    return Fail(InvalidArgument("parse model config: max_batch_size is no size"));
  }
  return static_cast<int>(*size);
}

}  // namespace perigee::wire
