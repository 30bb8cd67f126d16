#include "wire/metrics.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "wire/triton_metrics.h"

namespace perigee::wire {
namespace {

using model::Statistics;

Labels LabelsOf(const ModelMetrics& model) {
  return {{"model", model.name}, {"version", model.version}};
}

double Count(std::uint64_t count) { return static_cast<double>(count); }

// One family with one number for each model.
struct PerModel {
  std::string_view name;
  std::string_view type;
  std::string_view help;
  double (*value)(const Statistics&);
};

constexpr std::array<PerModel, 9> kPerModel = {{
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
    {"perigee_abandoned_seconds_total", "counter",
     "Time in the backend for callers who had all left or whose deadlines had all passed.",
     [](const Statistics& s) { return ToSeconds(s.abandoned.total); }},
    {"perigee_sessions_replaced_total", "counter",
     "Sessions that threw, answered in a wrong shape or hung, and were replaced.",
     [](const Statistics& s) { return Count(s.sessions_replaced); }},
    {"perigee_hung_runs", "gauge", "Runs that neither end nor heed their stop.",
     [](const Statistics& s) { return Count(s.hung_now); }},
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

// One histogram for each model.
struct PerStage {
  std::string_view name;
  std::string_view help;
  const model::Histogram& (*of)(const Statistics&);
};

constexpr std::array<PerStage, 3> kPerStage = {{
    {"perigee_request_duration_seconds", "Whole requests that succeeded.",
     [](const Statistics& s) -> const model::Histogram& { return s.latency; }},
    {"perigee_queue_wait_seconds", "Of those, the time from arrival to the start of the run.",
     [](const Statistics& s) -> const model::Histogram& { return s.queue_time; }},
    {"perigee_compute_seconds", "Of those, the run that they were part of.",
     [](const Statistics& s) -> const model::Histogram& { return s.compute_time; }},
}};

void WriteStages(std::span<const ModelMetrics> models, Exposition& text) {
  for (const PerStage& stage : kPerStage) {
    text.Begin(stage.name, "histogram", stage.help);
    for (const ModelMetrics& model : models) {
      const model::Histogram& histogram = stage.of(model.statistics);
      text.Histogram(LabelsOf(model), model::kLatencyBuckets, histogram.counts,
                     histogram.sum_seconds);
    }
  }
  text.Begin("perigee_deadline_slack_seconds", "histogram",
             "How long before its deadline each answer came; negative: after it.");
  for (const ModelMetrics& model : models) {
    const model::SlackHistogram& slack = model.statistics.slack;
    text.Histogram(LabelsOf(model), model::kSlackBuckets, slack.counts, slack.sum_seconds);
  }
}

void WriteLate(std::span<const ModelMetrics> models, Exposition& text) {
  text.Begin("perigee_late_total", "counter",
             "Requests that were not answered by their deadline, by where that was found out.");
  for (const ModelMetrics& model : models) {
    const Statistics& statistics = model.statistics;
    const Labels labels = LabelsOf(model);
    text.Sample("", With(labels, "found", "on_arrival"), Count(statistics.late_on_arrival));
    text.Sample("", With(labels, "found", "waiting"), Count(statistics.dropped));
    text.Sample("", With(labels, "found", "running"), Count(statistics.late_in_run));
  }
}

// The tenants of a model are bounded by model::kTenantsMax.
void WriteTenants(std::span<const ModelMetrics> models, Exposition& text) {
  text.Begin("perigee_tenant_requests_total", "counter",
             "Requests of each tenant by how they ended; the empty name: those who named none.");
  for (const ModelMetrics& model : models) {
    for (const auto& [tenant, counts] : model.statistics.tenants) {
      const Labels labels = With(LabelsOf(model), "tenant", tenant);
      text.Sample("", With(labels, "outcome", "in_time"), Count(counts.in_time));
      text.Sample("", With(labels, "outcome", "late"), Count(counts.late));
      text.Sample("", With(labels, "outcome", "rejected"), Count(counts.rejected));
      text.Sample("", With(labels, "outcome", "other"), Count(counts.other));
    }
  }
}

void WriteBatchSize(const ModelMetrics& model, Exposition& text) {
  constexpr std::array<double, 8> kSizes = {1, 2, 4, 8, 16, 32, 64, 128};
  std::array<std::uint64_t, kSizes.size() + 1> counts{};
  double rows = 0;
  for (const auto& [size, batch] : model.statistics.batches) {
    const auto place = std::ranges::lower_bound(kSizes, size) - kSizes.begin();
    counts[static_cast<std::size_t>(place)] += batch.infer.count;
    rows += Count(batch.infer.count) * size;
  }
  text.Histogram(LabelsOf(model), kSizes, counts, rows);
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
                        std::span<const Family> more, bool triton_names) {
  Exposition text;
  WriteProcess(process, text);
  WriteRequests(models, text);
  WriteLate(models, text);
  WriteStages(models, text);
  text.Begin("perigee_batch_size", "histogram", "Rows in a run of the backend.");
  for (const ModelMetrics& model : models) WriteBatchSize(model, text);
  WritePerModel(models, text);
  WriteTenants(models, text);
  for (const Family& family : more) {
    text.Begin(family.name, family.type, family.help);
    for (const auto& [labels, value] : family.samples) text.Sample("", labels, value);
  }
  if (triton_names) WriteTritonMetrics(models, text);
  return std::move(text).Take();
}

}  // namespace perigee::wire
