// Configuration and statistics of wire/oip_metadata.h: the two that perf_analyzer depends on.
#include <algorithm>
#include <string>
#include <utility>

#include "wire/json_writer.h"
#include "wire/oip_metadata.h"

namespace perigee::wire {
namespace {

std::string ConfigType(tensor::DType dtype) {
  if (dtype == tensor::DType::kBytes) return "TYPE_STRING";
  return "TYPE_" + std::string(tensor::DTypeName(dtype));
}

// name, data_type and dims, without the closing brace.
void BeginConfigTensor(const model::TensorSpec& spec, bool batched, JsonWriter& json) {
  json.BeginObject().Key("name").String(spec.name);
  json.Key("data_type").String(ConfigType(spec.dtype)).Key("dims").BeginArray();
  const std::size_t first = batched && !spec.shape.empty() ? 1 : 0;
  for (std::size_t i = first; i < spec.shape.size(); ++i) json.Integer(spec.shape[i]);
  json.EndArray();
}

void WriteInputs(const model::Description& description, JsonWriter& json) {
  json.Key("input").BeginArray();
  for (const model::TensorSpec& spec : description.inputs) {
    BeginConfigTensor(spec, description.batch_max > 0, json);
    json.Key("format").String("FORMAT_NONE").Key("is_shape_tensor").Bool(false);
    json.Key("allow_ragged_batch").Bool(false).Key("optional").Bool(false).EndObject();
  }
  json.EndArray();
}

void WriteOutputs(const model::Description& description, JsonWriter& json) {
  json.Key("output").BeginArray();
  for (const model::TensorSpec& spec : description.outputs) {
    BeginConfigTensor(spec, description.batch_max > 0, json);
    json.Key("label_filename").String("").Key("is_shape_tensor").Bool(false).EndObject();
  }
  json.EndArray();
}

std::string BackendOf(std::string_view platform) {
  return std::string(platform.substr(0, platform.find('_')));
}

void WriteTime(std::string_view key, const model::CountAndTime& time, JsonWriter& json) {
  json.Key(key).BeginObject().Key("count").Unsigned(time.count);
  const Duration total = std::max(time.total, Duration::zero());
  json.Key("ns").Unsigned(static_cast<std::uint64_t>(total.count())).EndObject();
}

void WriteInferenceStats(const model::Statistics& statistics, JsonWriter& json) {
  json.Key("inference_stats").BeginObject();
  WriteTime("success", statistics.success, json);
  WriteTime("fail", statistics.fail, json);
  WriteTime("queue", statistics.queue, json);
  WriteTime("compute_input", statistics.compute_input, json);
  WriteTime("compute_infer", statistics.compute_infer, json);
  WriteTime("compute_output", statistics.compute_output, json);
  // There is no cache of answers.
  WriteTime("cache_hit", {}, json);
  WriteTime("cache_miss", {}, json);
  json.EndObject();
}

void WriteBatchStats(const model::Statistics& statistics, JsonWriter& json) {
  json.Key("batch_stats").BeginArray();
  for (const auto& [size, batch] : statistics.batches) {
    json.BeginObject().Key("batch_size").Integer(size);
    // Gathering and handing back are not told apart by batch size; as many runs had them.
    WriteTime("compute_input", {batch.infer.count, {}}, json);
    WriteTime("compute_infer", batch.infer, json);
    WriteTime("compute_output", {batch.infer.count, {}}, json);
    json.EndObject();
  }
  json.EndArray();
}

void WriteModel(const ModelStatistics& model, JsonWriter& json) {
  const model::Statistics& statistics = model.statistics;
  json.BeginObject().Key("name").String(model.name).Key("version").String(model.version);
  json.Key("last_inference").Integer(statistics.last_inference_ms);
  json.Key("inference_count").Unsigned(statistics.inference_count);
  json.Key("execution_count").Unsigned(statistics.execution_count);
  WriteInferenceStats(statistics, json);
  json.Key("response_stats").BeginObject().EndObject();
  WriteBatchStats(statistics, json);
  json.Key("memory_usage").BeginArray().EndArray().EndObject();
}

}  // namespace

ServingOptions AsRun(ServingOptions options, const model::Profile& profile) {
  if (!profile.devices.empty()) options.instances = profile.plan.instances;
  return options;
}

std::string ModelConfigJson(const model::Description& description, const ServingOptions& options) {
  JsonWriter json;
  json.BeginObject().Key("name").String(description.name);
  json.Key("platform").String(description.platform);
  json.Key("backend").String(BackendOf(description.platform));
  json.Key("version_policy").BeginObject().Key("all").BeginObject().EndObject().EndObject();
  json.Key("max_batch_size").Integer(description.batch_max);
  WriteInputs(description, json);
  WriteOutputs(description, json);
  json.Key("instance_group").BeginArray().BeginObject().Key("name").String(description.name);
  json.Key("kind").String("KIND_CPU").Key("count").Integer(options.instances);
  json.Key("gpus").BeginArray().EndArray().EndObject().EndArray();
  if (description.batch_max > 0) {
    json.Key("dynamic_batching").BeginObject().Key("preferred_batch_size").BeginArray().EndArray();
    json.Key("max_queue_delay_microseconds").Integer(options.queue_delay_max.count()).EndObject();
  }
  json.Key("default_model_filename").String("model.onnx");
  json.Key("parameters").BeginObject().EndObject().EndObject();
  return std::move(json).Take();
}

std::string StatisticsJson(std::span<const ModelStatistics> models) {
  JsonWriter json;
  json.BeginObject().Key("model_stats").BeginArray();
  for (const ModelStatistics& model : models) WriteModel(model, json);
  json.EndArray().EndObject();
  return std::move(json).Take();
}

}  // namespace perigee::wire
