#include "wire/management.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "wire/json.h"
#include "wire/json_writer.h"

namespace perigee::wire {
namespace {

constexpr std::string_view kPlan = "read canary";
constexpr std::size_t kVersionMax = 32;

void WriteVersion(const model::VersionStatus& version, JsonWriter& json) {
  json.BeginObject().Key("version").String(version.version);
  json.Key("state").String(model::StateName(version.state));
  json.Key("reason").String(version.reason).EndObject();
}

void WriteCanary(const model::CanaryStatus& canary, JsonWriter& json) {
  json.BeginObject().Key("state").String(model::StateName(canary.state));
  json.Key("stable").String(canary.stable).Key("candidate").String(canary.candidate);
  json.Key("percent").Number(canary.percent);
  json.Key("good_windows").Integer(canary.good_windows);
  json.Key("good_windows_wanted").Integer(canary.good_windows_wanted);
  json.Key("stable_answers").Unsigned(canary.stable_answers);
  json.Key("candidate_answers").Unsigned(canary.candidate_answers);
  json.Key("reason").String(canary.reason).EndObject();
}

void WriteModel(const model::ModelStatus& model, JsonWriter& json) {
  json.BeginObject().Key("name").String(model.name).Key("versions").BeginArray();
  for (const model::VersionStatus& version : model.versions) WriteVersion(version, json);
  json.EndArray();
  if (model.canary) {
    json.Key("canary");
    WriteCanary(*model.canary, json);
  }
  if (!model.variants.empty()) {
    json.Key("variants").BeginArray();
    for (const std::string& variant : model.variants) json.String(variant);
    json.EndArray();
  }
  json.EndObject();
}

std::unexpected<Error> Bad(std::string_view key, std::string_view why) {
  return Fail(InvalidArgument(fmt::format("{}: {} {}", kPlan, key, why)));
}

std::string_view SourceName(model::ProfileSource source) {
  switch (source) {
    case model::ProfileSource::kEstimate:
      return "estimate";
    case model::ProfileSource::kCached:
      return "cached";
    case model::ProfileSource::kMeasured:
      return "measured";
    case model::ProfileSource::kUnknown:
      break;
  }
  return "unknown";
}

void WritePoint(const model::ProfilePoint& point, JsonWriter& json) {
  json.BeginObject().Key("rows").Integer(point.rows);
  json.Key("median_ms").Number(ToMilliseconds(point.median));
  json.Key("p95_ms").Number(ToMilliseconds(point.p95)).EndObject();
}

Result<void> ReadCount(std::string_view key, JsonValue value, int& count) {
  const std::optional<std::int64_t> number = value.Integer();
  if (!number || *number < 0 || *number > 1'000'000) return Bad(key, "must be a whole number");
  count = static_cast<int>(*number);
  return {};
}

Result<void> ReadNumber(std::string_view key, JsonValue value, double& number) {
  const std::optional<double> read = value.Number();
  if (!read) return Bad(key, "must be a number");
  number = *read;
  return {};
}

// A version may stand as a text, as everywhere in the protocols, or as the number that it is.
Result<void> ReadVersion(JsonValue value, std::string& version) {
  const std::optional<std::int64_t> number = value.Integer();
  version = number ? std::to_string(*number) : std::string(value.String().value_or(""));
  if (version.empty() || version.size() > kVersionMax) return Bad("version", "must be a version");
  return {};
}

Result<void> ReadKey(std::string_view key, JsonValue value, model::CanaryPlan& plan) {
  if (key == "version") return ReadVersion(value, plan.version);
  if (key == "percent") return ReadNumber(key, value, plan.percent);
  if (key == "window") return ReadCount(key, value, plan.window);
  if (key == "good_windows") return ReadCount(key, value, plan.good_windows);
  if (key == "slowdown_max") return ReadNumber(key, value, plan.slowdown_max);
  return Bad(key, "is unknown; there are version, percent, window, good_windows, slowdown_max");
}

}  // namespace

std::string ModelListJson(std::span<const model::ModelStatus> models) {
  JsonWriter json;
  json.BeginObject().Key("models").BeginArray();
  for (const model::ModelStatus& model : models) WriteModel(model, json);
  json.EndArray().EndObject();
  return std::move(json).Take();
}

std::string ModelStatusJson(const model::ModelStatus& model) {
  JsonWriter json;
  WriteModel(model, json);
  return std::move(json).Take();
}

std::string ProfileJson(const model::Profile& profile) {
  JsonWriter json;
  json.BeginObject().Key("source").String(SourceName(profile.source)).Key("points").BeginArray();
  for (const model::ProfilePoint& point : profile.points) WritePoint(point, json);
  json.EndArray().Key("plan").BeginObject();
  json.Key("instances").Integer(profile.plan.instances);
  json.Key("threads").Integer(profile.plan.threads);
  json.Key("gather_max").Integer(profile.plan.gather_max).EndObject();
  json.Key("devices").BeginArray();
  for (const std::string& device : profile.devices) json.String(device);
  json.EndArray();
  if (!profile.cache_problem.empty()) json.Key("cache_problem").String(profile.cache_problem);
  json.EndObject();
  return std::move(json).Take();
}

Result<model::CanaryPlan> ParseCanaryPlan(std::span<const std::byte> body) {
  const JsonDocument document = TRY(JsonDocument::Parse(body, kPlan));
  if (!document.root().IsObject()) return Fail(InvalidArgument("read canary: not an object"));
  model::CanaryPlan plan;
  for (const auto& [key, value] : document.root().Members()) {
    TRY(ReadKey(key, value, plan));
  }
  if (plan.version.empty()) return Bad("version", "is missing");
  return plan;
}

Result<void> CheckLoadParameter(std::string_view name, std::string_view attempt) {
  if (name == "config" || name.starts_with("file:")) {
    return Fail(Unimplemented(fmt::format(
        "{}: parameter {} would bring its own, but here the folder says what the model is; put it "
        "there",
        attempt, name == "config" ? "config" : "file")));
  }
  if (name == "unload_dependents") return {};  // there are no ensembles that could depend on it
  return Fail(InvalidArgument(fmt::format("{}: an unknown parameter", attempt)));
}

Result<void> CheckLoadRequest(std::span<const std::byte> body, std::string_view attempt) {
  if (body.empty()) return {};
  const JsonDocument document = TRY(JsonDocument::Parse(body, attempt));
  if (!document.root().IsObject()) {
    return Fail(InvalidArgument(fmt::format("{}: the body is not an object", attempt)));
  }
  const std::optional<JsonValue> parameters = document.root().Find("parameters");
  if (!parameters) return {};
  if (!parameters->IsObject()) {
    return Fail(InvalidArgument(fmt::format("{}: parameters is not an object", attempt)));
  }
  for (const auto& [name, value] : parameters->Members()) {
    TRY(CheckLoadParameter(name, attempt));
  }
  return {};
}

}  // namespace perigee::wire
