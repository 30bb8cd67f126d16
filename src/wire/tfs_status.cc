// Model status and metadata of wire/tfs.h.
#include <utility>

#include "wire/json_writer.h"
#include "wire/tfs.h"

namespace perigee::wire {
namespace {

std::string_view TypeName(tensor::DType dtype) {
  using enum tensor::DType;
  switch (dtype) {
    case kBool:
      return "DT_BOOL";
    case kUint8:
      return "DT_UINT8";
    case kUint16:
      return "DT_UINT16";
    case kUint32:
      return "DT_UINT32";
    case kUint64:
      return "DT_UINT64";
    case kInt8:
      return "DT_INT8";
    case kInt16:
      return "DT_INT16";
    case kInt32:
      return "DT_INT32";
    case kInt64:
      return "DT_INT64";
    case kFp16:
      return "DT_HALF";
    case kBf16:
      return "DT_BFLOAT16";
    case kFp32:
      return "DT_FLOAT";
    case kFp64:
      return "DT_DOUBLE";
    case kBytes:
      return "DT_STRING";
  }
  return "DT_INVALID";
}

// Sizes are strings: protobuf's JSON form of an int64.
void WriteSpecs(std::span<const model::TensorSpec> specs, JsonWriter& json) {
  json.BeginObject();
  for (const model::TensorSpec& spec : specs) {
    json.Key(spec.name).BeginObject().Key("dtype").String(TypeName(spec.dtype));
    json.Key("tensor_shape").BeginObject().Key("dim").BeginArray();
    for (const std::int64_t size : spec.shape) {
      json.BeginObject().Key("size").String(std::to_string(size));
      json.Key("name").String("").EndObject();
    }
    json.EndArray().Key("unknown_rank").Bool(false).EndObject();
    json.Key("name").String(spec.name + ":0").EndObject();
  }
  json.EndObject();
}

}  // namespace

std::string ModelStatusJson(std::span<const VersionStatus> versions) {
  JsonWriter json;
  json.BeginObject().Key("model_version_status").BeginArray();
  for (const VersionStatus& version : versions) {
    json.BeginObject().Key("version").String(version.version);
    json.Key("state").String(version.available ? "AVAILABLE" : "LOADING");
    json.Key("status").BeginObject().Key("error_code").String("OK");
    json.Key("error_message").String("").EndObject().EndObject();
  }
  json.EndArray().EndObject();
  return std::move(json).Take();
}

std::string TfsMetadataJson(const model::Description& description) {
  JsonWriter json;
  json.BeginObject().Key("model_spec").BeginObject().Key("name").String(description.name);
  json.Key("signature_name").String("").Key("version").String(description.version).EndObject();
  json.Key("metadata").BeginObject().Key("signature_def").BeginObject();
  json.Key("signature_def").BeginObject().Key("serving_default").BeginObject().Key("inputs");
  WriteSpecs(description.inputs, json);
  json.Key("outputs");
  WriteSpecs(description.outputs, json);
  json.Key("method_name").String("tensorflow/serving/predict");
  json.EndObject().EndObject().EndObject().EndObject().EndObject();
  return std::move(json).Take();
}

}  // namespace perigee::wire
