#include "wire/oip_tensor.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

namespace perigee::wire {
namespace {

using tensor::DType;
using tensor::Tensor;

Result<Parameter> ReadParameter(std::string_view name, JsonValue value) {
  if (const auto truth = value.Bool()) return *truth;
  if (const auto integer = value.Integer()) return *integer;
  if (const auto number = value.Number()) return *number;
  if (const auto text = value.String()) return std::string(*text);
  return Fail(InvalidArgument(
      fmt::format("parse parameter {}: neither a string, a number nor a boolean", name)));
}

Error Broken(std::string_view name, std::string_view why) {
  return InvalidArgument(fmt::format("parse tensor {}: {}", name, why));
}

Result<tensor::Shape> ReadShape(JsonValue object, std::string_view name) {
  const auto list = object.Find("shape");
  if (!list || !list->IsArray()) return Fail(Broken(name, "it has no shape"));
  tensor::Shape shape;
  for (const JsonValue& element : list->Elements()) {
    const auto dimension = element.Integer();
    if (!dimension || *dimension < 0) {
      return Fail(Broken(name, "its shape has a dimension that is no size"));
    }
    shape.push_back(*dimension);
    if (shape.size() > kOipRankMax) return Fail(Broken(name, "its shape has over 16 dimensions"));
  }
  return shape;
}

Result<DType> ReadDType(JsonValue object, std::string_view name) {
  const std::string text = TRY(ReadText(object, "datatype"));
  const auto dtype = tensor::ParseDType(text);
  if (!dtype) return Fail(Broken(name, fmt::format("its datatype \"{}\" is unknown", text)));
  return *dtype;
}

bool IsAligned(std::span<const std::byte> bytes, DType dtype) {
  const std::size_t size = std::max<std::size_t>(1, tensor::DTypeSize(dtype));
  return reinterpret_cast<std::uintptr_t>(bytes.data()) % size == 0;
}

// A byte other than 0 and 1 is no C++ bool, and a runtime that reads it as one misbehaves.
bool AreTruths(std::span<const std::byte> bytes) {
  return std::ranges::all_of(bytes, [](std::byte byte) { return byte <= std::byte{1}; });
}

struct Head {
  std::string name;
  DType dtype;
  tensor::Shape shape;
};

Result<Tensor> TakeBinary(const Head& head, std::size_t size, std::span<const std::byte>& binary) {
  if (size > binary.size()) {
    return Fail(InvalidArgument(
        fmt::format("its binary_data_size is {} where {} bytes are left", size, binary.size())));
  }
  const std::span<const std::byte> bytes = binary.first(size);
  binary = binary.subspan(size);
  if (head.dtype == DType::kBool && !AreTruths(bytes)) {
    return Fail(InvalidArgument("a BOOL byte is neither 0 nor 1"));
  }
  if (IsAligned(bytes, head.dtype)) return Tensor::Borrow(head.dtype, head.shape, bytes);
  return Tensor::Own(head.dtype, head.shape, {bytes.begin(), bytes.end()});
}

Result<Tensor> ReadData(const Head& head, JsonValue data) {
  if (!data.IsArray()) return Fail(InvalidArgument("its data is no array"));
  Leaves leaves = TRY(ReadLeaves(data, head.dtype, BytesForm::kString));
  const std::int64_t count = TRY(tensor::ElementCount(head.shape));
  if (leaves.shape != head.shape && leaves.shape != tensor::Shape{count}) {
    return Fail(InvalidArgument(fmt::format("its data has the shape {}, not {}",
                                            tensor::ShapeText(leaves.shape),
                                            tensor::ShapeText(head.shape))));
  }
  return Tensor::Own(head.dtype, head.shape, std::move(leaves.bytes));
}

Result<Head> ReadHead(JsonValue object) {
  Head head{};
  head.name = TRY(ReadText(object, "name"));
  if (head.name.empty()) return Fail(InvalidArgument("parse tensor: it has no name"));
  head.dtype = TRY(ReadDType(object, head.name));
  head.shape = TRY(ReadShape(object, head.name));
  Result<std::int64_t> count = tensor::ElementCount(head.shape);
  if (!count) return Fail(std::move(count).error().Within("parse tensor " + head.name));
  return head;
}

}  // namespace

Result<OipBody> SplitBody(std::span<const std::byte> body, std::optional<std::size_t> json_length) {
  if (!json_length) return OipBody{body, {}};
  if (*json_length > body.size()) {
    return Fail(InvalidArgument(
        fmt::format("split the body: Inference-Header-Content-Length is {} where it has {} bytes",
                    *json_length, body.size())));
  }
  return OipBody{body.first(*json_length), body.subspan(*json_length)};
}

Result<std::string> ReadText(JsonValue object, std::string_view key) {
  const auto value = object.Find(key);
  if (!value) return std::string();
  const auto text = value->String();
  if (!text) return Fail(InvalidArgument(fmt::format("parse {}: it is no string", key)));
  if (text->size() > kOipNameBytesMax) {
    return Fail(InvalidArgument(fmt::format("parse {}: over {} bytes", key, kOipNameBytesMax)));
  }
  return std::string(*text);
}

Result<Parameters> ReadParameters(JsonValue object) {
  Parameters parameters;
  const auto found = object.Find("parameters");
  if (!found || found->IsNull()) return parameters;
  if (!found->IsObject()) return Fail(InvalidArgument("parse parameters: they are no object"));
  for (const auto& [name, value] : found->Members()) {
    if (parameters.size() == kOipParametersMax) {
      return Fail(InvalidArgument(
          fmt::format("parse parameters: more than {} of them", kOipParametersMax)));
    }
    Parameter parameter = TRY(ReadParameter(name, value));
    parameters.insert_or_assign(std::string(name), std::move(parameter));
  }
  return parameters;
}

Result<std::optional<std::size_t>> ReadSize(const Parameters& parameters, std::string_view name) {
  const auto found = parameters.find(name);
  if (found == parameters.end()) return std::nullopt;
  const auto* size = std::get_if<std::int64_t>(&found->second);
  if (size == nullptr || *size < 0) {
    return Fail(InvalidArgument(fmt::format("parse parameter {}: it is no size", name)));
  }
  return static_cast<std::size_t>(*size);
}

Result<std::vector<JsonValue>> ReadList(JsonValue object, std::string_view key) {
  const auto list = object.Find(key);
  if (!list) return std::vector<JsonValue>{};
  if (!list->IsArray()) return Fail(InvalidArgument(fmt::format("parse {}: no array", key)));
  std::vector<JsonValue> elements = list->Elements();
  if (elements.size() > kOipTensorsMax) {
    return Fail(InvalidArgument(fmt::format("parse {}: more than {}", key, kOipTensorsMax)));
  }
  return elements;
}

Result<model::NamedTensor> ReadTensor(JsonValue object, std::span<const std::byte>& binary) {
  Head head = TRY(ReadHead(object));
  const Parameters parameters = TRY(ReadParameters(object));
  if (parameters.contains("shared_memory_region")) {
    return Fail(Unimplemented(fmt::format("parse tensor {}: no shared memory here", head.name)));
  }
  const std::optional<std::size_t> size = TRY(ReadSize(parameters, "binary_data_size"));
  const std::optional<JsonValue> data = object.Find("data");
  if (size.has_value() == data.has_value()) {
    return Fail(Broken(head.name, "it needs either data or binary_data_size"));
  }
  Result<Tensor> tensor = size ? TakeBinary(head, *size, binary) : ReadData(head, *data);
  if (!tensor) return Fail(std::move(tensor).error().Within("parse tensor " + head.name));
  return model::NamedTensor{std::move(head.name), *std::move(tensor)};
}

void BeginTensor(const model::NamedTensor& tensor, JsonWriter& json) {
  json.BeginObject().Key("name").String(tensor.name).Key("shape").BeginArray();
  for (const std::int64_t dimension : tensor.tensor.shape()) json.Integer(dimension);
  json.EndArray().Key("datatype").String(tensor::DTypeName(tensor.tensor.dtype()));
}

void WriteBinaryTensor(const model::NamedTensor& tensor, JsonWriter& json) {
  BeginTensor(tensor, json);
  json.Key("parameters").BeginObject().Key("binary_data_size");
  json.Unsigned(tensor.tensor.bytes().size()).EndObject().EndObject();
}

}  // namespace perigee::wire
