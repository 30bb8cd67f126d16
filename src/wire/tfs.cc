#include "wire/tfs.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "wire/json.h"
#include "wire/oip_tensor.h"
#include "wire/tensor_json.h"

namespace perigee::wire {
namespace {

using tensor::Shape;
using tensor::Tensor;

constexpr std::string_view kAttempt = "parse predict request";
constexpr std::string_view kSignature = "serving_default";

Error Broken(std::string_view why) { return InvalidArgument(fmt::format("{}: {}", kAttempt, why)); }

const model::TensorSpec* FindInput(const model::Description& description, std::string_view name) {
  const auto found = std::ranges::find(description.inputs, name, &model::TensorSpec::name);
  return found == description.inputs.end() ? nullptr : &*found;
}

// The shape that the value has for the model: its own, or with a batch of one in front.
std::optional<Shape> FitShape(Shape shape, const model::TensorSpec& spec, bool may_lack_batch) {
  if (tensor::ShapeFits(shape, spec.shape)) return shape;
  shape.insert(shape.begin(), 1);
  if (may_lack_batch && tensor::ShapeFits(shape, spec.shape)) return shape;
  return std::nullopt;
}

Result<model::NamedTensor> ToInput(Leaves leaves, const model::TensorSpec& spec,
                                   bool may_lack_batch) {
  std::optional<Shape> shape = FitShape(leaves.shape, spec, may_lack_batch);
  if (!shape) {
    return Fail(
        Broken(fmt::format("input {} has the shape {}, not {}", spec.name,
                           tensor::ShapeText(leaves.shape), tensor::ShapeText(spec.shape))));
  }
  Tensor tensor = TRY(Tensor::Own(spec.dtype, *std::move(shape), std::move(leaves.bytes)));
  return model::NamedTensor{spec.name, std::move(tensor)};
}

Result<Leaves> ReadValue(JsonValue value, const model::TensorSpec& spec) {
  Result<Leaves> leaves = ReadLeaves(value, spec.dtype, BytesForm::kStringOrBase64Object);
  if (leaves) return leaves;
  return Fail(std::move(leaves).error().Within(fmt::format("{}: input {}", kAttempt, spec.name)));
}

// {"b64": ...} is a value, every other object is inputs by name.
bool IsNamed(JsonValue value) { return value.IsObject() && !value.Find("b64"); }

Result<const model::TensorSpec*> OnlyInput(const model::Description& description) {
  if (description.inputs.size() == 1) return description.inputs.data();
  return Fail(Broken(fmt::format("model {} has {} inputs, so they need their names",
                                 description.name, description.inputs.size())));
}

Result<const model::TensorSpec*> NamedInput(const model::Description& description,
                                            std::string_view name) {
  const model::TensorSpec* spec = FindInput(description, name);
  if (spec != nullptr) return spec;
  return Fail(Broken(fmt::format("model {} has no input {}", description.name, name)));
}

Result<model::Tensors> ReadPlain(JsonValue value, const model::Description& description) {
  const model::TensorSpec* spec = TRY(OnlyInput(description));
  Leaves leaves = TRY(ReadValue(value, *spec));
  model::Tensors inputs;
  model::NamedTensor input = TRY(ToInput(std::move(leaves), *spec, true));
  inputs.push_back(std::move(input));
  return inputs;
}

Result<model::Tensors> ReadColumns(JsonValue object, const model::Description& description) {
  model::Tensors inputs;
  for (const auto& [name, value] : object.Members()) {
    const model::TensorSpec* spec = TRY(NamedInput(description, name));
    if (model::Find(inputs, name) != nullptr) {
      return Fail(Broken(fmt::format("input {} is there twice", name)));
    }
    Leaves leaves = TRY(ReadValue(value, *spec));
    model::NamedTensor input = TRY(ToInput(std::move(leaves), *spec, false));
    inputs.push_back(std::move(input));
  }
  return inputs;
}

// Rows of one input, stacked one below the other.
struct Column {
  const model::TensorSpec* spec;
  std::int64_t rows = 0;
  Leaves leaves;
};

Result<void> AddRow(JsonValue value, Column& column) {
  Leaves row = TRY(ReadValue(value, *column.spec));
  if (column.rows == 0) {
    column.leaves = std::move(row);
  } else if (column.leaves.shape != row.shape) {
    return Fail(Broken(fmt::format("the rows of input {} differ in shape", column.spec->name)));
  } else {
    column.leaves.bytes.insert(column.leaves.bytes.end(), row.bytes.begin(), row.bytes.end());
  }
  ++column.rows;
  return {};
}

Result<void> AddNamedRow(JsonValue object, std::int64_t row, std::vector<Column>& columns) {
  const auto members = object.Members();
  if (!IsNamed(object) || members.size() != columns.size()) {
    return Fail(Broken("every instance must name each input once"));
  }
  for (Column& column : columns) {
    const auto value = object.Find(column.spec->name);
    if (!value || column.rows != row) {
      return Fail(Broken(fmt::format("an instance lacks input {}", column.spec->name)));
    }
    TRY(AddRow(*value, column));
  }
  return {};
}

Result<model::Tensors> ReadNamedRows(JsonValue instances, const model::Description& description) {
  std::vector<Column> columns;
  for (const model::TensorSpec& spec : description.inputs) columns.push_back({&spec, 0, {}});
  std::int64_t row = 0;
  const std::vector<JsonValue> rows = instances.Elements();
  for (const JsonValue& object : rows) TRY(AddNamedRow(object, row++, columns));
  model::Tensors inputs;
  for (Column& column : columns) {
    column.leaves.shape.insert(column.leaves.shape.begin(), column.rows);
    model::NamedTensor input = TRY(ToInput(std::move(column.leaves), *column.spec, false));
    inputs.push_back(std::move(input));
  }
  return inputs;
}

Result<model::Tensors> ReadInstances(JsonValue instances, const model::Description& description) {
  if (!instances.IsArray()) return Fail(Broken("instances are no array"));
  const std::vector<JsonValue> rows = instances.Elements();
  if (rows.empty()) return Fail(Broken("there are no instances"));
  if (IsNamed(rows[0])) return ReadNamedRows(instances, description);
  return ReadPlain(instances, description);
}

// A row or a whole output under its name, or bare if there is only one.
template <typename Write>
void WriteEach(const model::Tensors& outputs, JsonWriter& json, Write write) {
  if (outputs.size() == 1) {
    write(0);
    return;
  }
  json.BeginObject();
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    json.Key(outputs[i].name);
    write(i);
  }
  json.EndObject();
}

Result<std::int64_t> CommonRows(const model::Tensors& outputs) {
  for (const model::NamedTensor& output : outputs) {
    const Shape& shape = output.tensor.shape();
    if (shape.empty() || shape[0] != outputs[0].tensor.shape()[0]) {
      return Fail(
          InvalidArgument("write predictions: the outputs have no common rows; ask with "
                          "\"inputs\" instead of \"instances\""));
    }
  }
  return outputs.empty() ? 0 : outputs[0].tensor.shape()[0];
}

}  // namespace

Result<PredictRequest> ParsePredict(std::span<const std::byte> body,
                                    const model::Description& description) {
  const JsonDocument document = TRY(JsonDocument::Parse(body, kAttempt));
  const JsonValue root = document.root();
  const std::optional<JsonValue> instances = root.Find("instances");
  const std::optional<JsonValue> inputs = root.Find("inputs");
  if (instances.has_value() == inputs.has_value()) {
    return Fail(Broken("it needs either instances or inputs"));
  }
  PredictRequest request;
  request.row_format = instances.has_value();
  request.signature_name = TRY(ReadText(root, "signature_name"));
  if (request.signature_name.empty()) request.signature_name = kSignature;
  if (request.signature_name != kSignature) {
    return Fail(
        Broken(fmt::format("signature {}: only {} is here", request.signature_name, kSignature)));
  }
  Result<model::Tensors> tensors = instances          ? ReadInstances(*instances, description)
                                   : IsNamed(*inputs) ? ReadColumns(*inputs, description)
                                                      : ReadPlain(*inputs, description);
  request.inputs = TRY(std::move(tensors));
  return request;
}

Result<std::string> WritePredict(const PredictRequest& request, const model::Tensors& outputs) {
  std::vector<TensorWriter> writers;
  for (const model::NamedTensor& output : outputs) {
    writers.emplace_back(output.tensor, BytesOutput::kBase64Object);
  }
  JsonWriter json;
  json.BeginObject();
  if (!request.row_format) {
    json.Key("outputs");
    WriteEach(outputs, json, [&](std::size_t i) { writers[i].Nested(json); });
    json.EndObject();
    return std::move(json).Take();
  }
  const std::int64_t rows = TRY(CommonRows(outputs));
  json.Key("predictions").BeginArray();
  for (std::int64_t row = 0; row < rows; ++row) {
    WriteEach(outputs, json, [&](std::size_t i) { writers[i].Row(row, json); });
  }
  json.EndArray().EndObject();
  return std::move(json).Take();
}

}  // namespace perigee::wire
