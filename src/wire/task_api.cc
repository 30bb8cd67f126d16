#include "wire/task_api.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "wire/json.h"
#include "wire/json_writer.h"
#include "wire/oip_tensor.h"

namespace perigee::wire {
namespace {

void WriteBox(const task::Box& box, JsonWriter& json) {
  json.BeginObject().Key("x").Float(box.x).Key("y").Float(box.y);
  json.Key("width").Float(box.width).Key("height").Float(box.height).EndObject();
}

void WriteFace(const task::Face& face, JsonWriter& json) {
  json.BeginObject().Key("box");
  WriteBox(face.box, json);
  json.Key("score").Float(face.score).Key("emotion").String(face.emotion);
  json.Key("probabilities").BeginObject();
  for (const task::Labelled& labelled : face.probabilities) {
    json.Key(labelled.label).Float(labelled.probability);
  }
  json.EndObject();
  if (face.track != 0) json.Key("track").Unsigned(face.track);
  json.EndObject();
}

void WriteModels(std::span<const task::ModelVersion> models, JsonWriter& json) {
  json.Key("models").BeginArray();
  for (const task::ModelVersion& model : models) {
    json.BeginObject().Key("name").String(model.name);
    json.Key("version").String(model.version).EndObject();
  }
  json.EndArray();
}

void WriteTiming(std::span<const task::StageTime> stages, JsonWriter& json) {
  Duration total{};
  json.Key("timing_ms").BeginObject();
  for (const task::StageTime& stage : stages) {
    json.Key(stage.stage).Number(ToMilliseconds(stage.duration));
    total += stage.duration;
  }
  json.Key("total").Number(ToMilliseconds(total)).EndObject();
}

void WriteOptions(std::string_view key, std::span<const task::OptionSpec> options,
                  JsonWriter& json) {
  json.Key(key).BeginArray();
  for (const task::OptionSpec& option : options) {
    json.BeginObject().Key("name").String(option.name).Key("type").String(option.type);
    json.Key("minimum").Number(option.minimum).Key("maximum").Number(option.maximum);
    json.Key("summary").String(option.summary).EndObject();
  }
  json.EndArray();
}

void WriteTask(const task::Description& task, JsonWriter& json) {
  json.BeginObject().Key("name").String(task.name).Key("summary").String(task.summary);
  json.Key("media_types").BeginArray();
  for (const std::string& type : task.media_types) json.String(type);
  json.EndArray();
  WriteOptions("options", task.options, json);
  if (!task.stream_options.empty()) WriteOptions("stream_options", task.stream_options, json);
  json.Key("labels").BeginArray();
  for (const std::string& label : task.labels) json.String(label);
  json.EndArray();
  WriteModels(task.models, json);
  json.EndObject();
}

Error Broken(std::string_view why) {
  return InvalidArgument(fmt::format("parse task answer: {}", why));
}

Result<double> ReadNumber(JsonValue object, std::string_view key) {
  const auto value = object.Find(key);
  const auto number = value ? value->Number() : std::nullopt;
  if (!number) return Fail(Broken(fmt::format("{} is no number", key)));
  return *number;
}

// Pixels and probabilities; what a float cannot hold is no such thing.
Result<float> ReadFloat(JsonValue object, std::string_view key) {
  const double number = TRY(ReadNumber(object, key));
  if (std::abs(number) > std::numeric_limits<float>::max()) {
    return Fail(Broken(fmt::format("{} is out of range", key)));
  }
  return static_cast<float>(number);
}

Result<int> ReadPixels(JsonValue object, std::string_view key) {
  const auto value = object.Find(key);
  const auto number = value ? value->Integer() : std::nullopt;
  if (!number || *number < 0 || *number > std::numeric_limits<int>::max()) {
    return Fail(Broken(fmt::format("{} is no number of pixels", key)));
  }
  return static_cast<int>(*number);
}

Result<JsonValue> ReadObject(JsonValue object, std::string_view key) {
  const auto value = object.Find(key);
  if (value && value->IsObject()) return *value;
  return Fail(Broken(fmt::format("{} is no object", key)));
}

Result<task::Box> ReadBox(JsonValue object) {
  task::Box box;
  box.x = TRY(ReadFloat(object, "x"));
  box.y = TRY(ReadFloat(object, "y"));
  box.width = TRY(ReadFloat(object, "width"));
  box.height = TRY(ReadFloat(object, "height"));
  return box;
}

Result<std::uint64_t> ReadTrack(JsonValue object) {
  const auto value = object.Find("track");
  if (!value) return 0;
  const auto number = value->Integer();
  if (!number || *number < 1) return Fail(Broken("track is no identity"));
  return static_cast<std::uint64_t>(*number);
}

Result<task::Face> ReadFace(JsonValue object) {
  task::Face face;
  const JsonValue box = TRY(ReadObject(object, "box"));
  face.box = TRY(ReadBox(box));
  face.score = TRY(ReadFloat(object, "score"));
  face.emotion = TRY(ReadText(object, "emotion"));
  const JsonValue probabilities = TRY(ReadObject(object, "probabilities"));
  for (const auto& [label, value] : probabilities.Members()) {
    const auto probability = value.Number();
    if (!probability || !(*probability >= 0 && *probability <= 1)) {
      return Fail(Broken(fmt::format("the probability of {} is not in 0..1", label)));
    }
    face.probabilities.push_back({std::string(label), static_cast<float>(*probability)});
  }
  face.track = TRY(ReadTrack(object));
  return face;
}

Result<std::vector<task::ModelVersion>> ReadModels(JsonValue root) {
  std::vector<task::ModelVersion> models;
  const std::vector<JsonValue> list = TRY(ReadList(root, "models"));
  for (const JsonValue& object : list) {
    task::ModelVersion model;
    model.name = TRY(ReadText(object, "name"));
    model.version = TRY(ReadText(object, "version"));
    models.push_back(std::move(model));
  }
  return models;
}

// `total` is their sum, so it is not read.
Result<std::vector<task::StageTime>> ReadStages(JsonValue root) {
  constexpr double kMillisecondsMax = 1e9;
  std::vector<task::StageTime> stages;
  const JsonValue timing = TRY(ReadObject(root, "timing_ms"));
  for (const auto& [stage, value] : timing.Members()) {
    if (stage == "total") continue;
    const auto number = value.Number();
    if (!number || !(*number >= 0 && *number <= kMillisecondsMax)) {
      return Fail(Broken(fmt::format("the time of {} is no time", stage)));
    }
    stages.push_back({std::string(stage), Duration(std::llround(*number * 1e6))});
  }
  return stages;
}

}  // namespace

std::string WriteAnswer(const TaskAnswer& answer) {
  JsonWriter json;
  json.BeginObject().Key("task").String(answer.task).Key("node").String(answer.node);
  json.Key("image").BeginObject().Key("width").Integer(answer.answer.image_width);
  json.Key("height").Integer(answer.answer.image_height).EndObject();
  json.Key("faces").BeginArray();
  for (const task::Face& face : answer.answer.faces) WriteFace(face, json);
  json.EndArray();
  WriteModels(answer.answer.models, json);
  WriteTiming(answer.answer.stages, json);
  json.EndObject();
  return std::move(json).Take();
}

Result<TaskAnswer> ParseAnswer(std::span<const std::byte> body) {
  const JsonDocument document = TRY(JsonDocument::Parse(body, "parse task answer"));
  return ReadAnswer(document.root());
}

Result<TaskAnswer> ReadAnswer(JsonValue root) {
  TaskAnswer answer;
  answer.task = TRY(ReadText(root, "task"));
  answer.node = TRY(ReadText(root, "node"));
  const JsonValue image = TRY(ReadObject(root, "image"));
  answer.answer.image_width = TRY(ReadPixels(image, "width"));
  answer.answer.image_height = TRY(ReadPixels(image, "height"));
  const auto faces = root.Find("faces");
  if (!faces || !faces->IsArray()) return Fail(Broken("faces are no array"));
  for (const JsonValue& object : faces->Elements()) {
    task::Face face = TRY(ReadFace(object));
    answer.answer.faces.push_back(std::move(face));
  }
  answer.answer.models = TRY(ReadModels(root));
  answer.answer.stages = TRY(ReadStages(root));
  return answer;
}

std::string TaskJson(const task::Description& task) {
  JsonWriter json;
  WriteTask(task, json);
  return std::move(json).Take();
}

std::string TaskListJson(std::span<const task::Description> tasks) {
  JsonWriter json;
  json.BeginObject().Key("tasks").BeginArray();
  for (const task::Description& task : tasks) WriteTask(task, json);
  json.EndArray().EndObject();
  return std::move(json).Take();
}

Result<task::Description> ParseTask(std::span<const std::byte> body) {
  const JsonDocument document = TRY(JsonDocument::Parse(body, "parse task"));
  const JsonValue root = document.root();
  task::Description task;
  task.name = TRY(ReadText(root, "name"));
  task.summary = TRY(ReadText(root, "summary"));
  const std::vector<JsonValue> options = TRY(ReadList(root, "options"));
  for (const JsonValue& option : options) {
    task::OptionSpec spec;
    spec.name = TRY(ReadText(option, "name"));
    task.options.push_back(std::move(spec));
  }
  const std::vector<JsonValue> labels = TRY(ReadList(root, "labels"));
  for (const JsonValue& label : labels) {
    const auto text = label.String();
    if (!text) return Fail(Broken("a label is no text"));
    task.labels.emplace_back(*text);
  }
  return task;
}

}  // namespace perigee::wire
