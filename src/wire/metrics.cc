#include "wire/metrics.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <cstddef>

namespace perigee::wire {
namespace {

using model::Statistics;

// Backslash, quote and line break are all that a label's value escapes; a help text no quote.
std::string Escaped(std::string_view text, bool quote) {
  std::string escaped;
  for (const char character : text) {
    if (character == '\\') escaped += "\\\\";
    if (character == '\n') escaped += "\\n";
    if (character == '"') escaped += quote ? "\\\"" : "\"";
    if (character != '\\' && character != '\n' && character != '"') escaped += character;
  }
  return escaped;
}

std::string NumberText(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", value);
}

class Exposition {
 public:
  void Begin(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    text_ += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, Escaped(help, false), name, type);
  }

  void Sample(std::string_view suffix, const Labels& labels, double value) {
    text_ += name_;
    text_ += suffix;
    for (std::size_t i = 0; i < labels.size(); ++i) {
      text_ += fmt::format("{}{}=\"{}\"", i == 0 ? '{' : ',', labels[i].first,
                           Escaped(labels[i].second, true));
    }
    if (!labels.empty()) text_ += '}';
    text_ += ' ' + NumberText(value) + '\n';
  }

  std::string Take() && { return std::move(text_); }

 private:
  std::string text_;
  std::string name_;
};

Labels LabelsOf(const ModelMetrics& model) {
  return {{"model", model.name}, {"version", model.version}};
}

Labels With(Labels labels, std::string_view name, std::string_view value) {
  labels.emplace_back(name, value);
  return labels;
}

double Count(std::uint64_t count) { return static_cast<double>(count); }

// One family with one number for each model.
struct PerModel {
  std::string_view name;
  std::string_view type;
  std::string_view help;
  double (*value)(const Statistics&);
};

constexpr std::array<PerModel, 6> kPerModel = {{
    {"perigee_inference_rows_total", "counter", "Rows that models answered.",
     [](const Statistics& s) { return Count(s.inference_count); }},
    {"perigee_executions_total", "counter", "Runs of the backend, each a batch of rows.",
     [](const Statistics& s) { return Count(s.execution_count); }},
    {"perigee_compute_input_seconds_total", "counter", "Time spent gathering rows into batches.",
     [](const Statistics& s) { return ToSeconds(s.compute_input.total); }},
    {"perigee_compute_infer_seconds_total", "counter", "Time spent in the backend.",
     [](const Statistics& s) { return ToSeconds(s.compute_infer.total); }},
    {"perigee_compute_output_seconds_total", "counter", "Time spent handing rows back.",
     [](const Statistics& s) { return ToSeconds(s.compute_output.total); }},
    {"perigee_queue_depth", "gauge", "Requests that wait for an instance now.",
     [](const Statistics& s) { return Count(s.queued_now); }},
}};

void WritePerModel(std::span<const ModelMetrics> models, Exposition& text) {
  for (const PerModel& family : kPerModel) {
    text.Begin(family.name, family.type, family.help);
    for (const ModelMetrics& model : models) {
      text.Sample("", LabelsOf(model), family.value(model.statistics));
    }
  }
}

// `fail` counts those that have an outcome of their own, too.
std::uint64_t OtherFailures(const Statistics& statistics) {
  const std::uint64_t named = statistics.rejected + statistics.late + statistics.cancelled;
  return statistics.fail.count > named ? statistics.fail.count - named : 0;
}

void WriteRequests(std::span<const ModelMetrics> models, Exposition& text) {
  text.Begin("perigee_requests_total", "counter", "Requests to models by how they ended.");
  for (const ModelMetrics& model : models) {
    const Statistics& statistics = model.statistics;
    const Labels labels = LabelsOf(model);
    text.Sample("", With(labels, "outcome", "success"), Count(statistics.success.count));
    text.Sample("", With(labels, "outcome", "failure"), Count(OtherFailures(statistics)));
    text.Sample("", With(labels, "outcome", "rejected"), Count(statistics.rejected));
    text.Sample("", With(labels, "outcome", "late"), Count(statistics.late));
    text.Sample("", With(labels, "outcome", "cancelled"), Count(statistics.cancelled));
  }
}

void WriteQueueWait(std::span<const ModelMetrics> models, Exposition& text) {
  text.Begin("perigee_queue_wait_seconds", "summary", "Time from arrival to the start of the run.");
  for (const ModelMetrics& model : models) {
    text.Sample("_sum", LabelsOf(model), ToSeconds(model.statistics.queue.total));
    text.Sample("_count", LabelsOf(model), Count(model.statistics.queue.count));
  }
}

void WriteDuration(const ModelMetrics& model, Exposition& text) {
  const model::Histogram& histogram = model.statistics.latency;
  const Labels labels = LabelsOf(model);
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < model::kLatencyBuckets.size(); ++i) {
    below += histogram.counts[i];
    const std::string bound = NumberText(model::kLatencyBuckets[i]);
    text.Sample("_bucket", With(labels, "le", bound), Count(below));
  }
  below += histogram.counts.back();
  text.Sample("_bucket", With(labels, "le", "+Inf"), Count(below));
  text.Sample("_sum", labels, histogram.sum_seconds);
  text.Sample("_count", labels, Count(below));
}

void WriteBatchSize(const ModelMetrics& model, Exposition& text) {
  constexpr std::array<int, 8> kSizes = {1, 2, 4, 8, 16, 32, 64, 128};
  const Labels labels = LabelsOf(model);
  std::array<std::uint64_t, kSizes.size()> below{};
  std::uint64_t runs = 0;
  double rows = 0;
  for (const auto& [size, batch] : model.statistics.batches) {
    runs += batch.infer.count;
    rows += Count(batch.infer.count) * size;
    for (std::size_t i = 0; i < kSizes.size(); ++i) {
      if (size <= kSizes[i]) below[i] += batch.infer.count;
    }
  }
  for (std::size_t i = 0; i < kSizes.size(); ++i) {
    text.Sample("_bucket", With(labels, "le", NumberText(kSizes[i])), Count(below[i]));
  }
  text.Sample("_bucket", With(labels, "le", "+Inf"), Count(runs));
  text.Sample("_sum", labels, rows);
  text.Sample("_count", labels, Count(runs));
}

void WriteProcess(const ProcessMetrics& process, Exposition& text) {
  text.Begin("perigee_build_info", "gauge", "1; the label says which version runs.");
  text.Sample("", {{"version", process.version}}, 1);
  text.Begin("process_start_time_seconds", "gauge", "Unix time at which the process started.");
  text.Sample("", {}, process.start_time_seconds);
  text.Begin("process_cpu_seconds_total", "counter", "Processor time, user and system.");
  text.Sample("", {}, process.cpu_seconds);
  text.Begin("process_resident_memory_bytes", "gauge", "Memory that the process holds.");
  text.Sample("", {}, Count(process.resident_bytes));
  text.Begin("process_open_fds", "gauge", "Open file descriptors.");
  text.Sample("", {}, Count(process.open_fds));
}

}  // namespace

std::string MetricsText(std::span<const ModelMetrics> models, const ProcessMetrics& process,
                        std::span<const Family> more) {
  Exposition text;
  WriteProcess(process, text);
  WriteRequests(models, text);
  WriteQueueWait(models, text);
  text.Begin("perigee_request_duration_seconds", "histogram", "Whole requests that succeeded.");
  for (const ModelMetrics& model : models) WriteDuration(model, text);
  text.Begin("perigee_batch_size", "histogram", "Rows in a run of the backend.");
  for (const ModelMetrics& model : models) WriteBatchSize(model, text);
  WritePerModel(models, text);
  for (const Family& family : more) {
    text.Begin(family.name, family.type, family.help);
    for (const auto& [labels, value] : family.samples) text.Sample("", labels, value);
  }
  return std::move(text).Take();
}

}  // namespace perigee::wire
