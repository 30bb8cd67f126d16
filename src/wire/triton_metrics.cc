#include "wire/triton_metrics.h"

#include <array>
#include <chrono>

namespace perigee::wire {
namespace {

using model::Statistics;

double Count(std::uint64_t count) { return static_cast<double>(count); }

double Microseconds(Duration duration) {
  return Count(static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(duration).count()));
}

struct Triton {
  std::string_view name;
  std::string_view type;
  std::string_view help;
  double (*value)(const Statistics&);
};

constexpr std::array<Triton, 9> kFamilies = {{
    {"nv_inference_request_success", "counter", "Requests that succeeded, of any batch size.",
     [](const Statistics& s) { return Count(s.success.count); }},
    {"nv_inference_count", "counter", "Rows inferred.",
     [](const Statistics& s) { return Count(s.inference_count); }},
    {"nv_inference_exec_count", "counter", "Runs of the model, each a batch of rows.",
     [](const Statistics& s) { return Count(s.execution_count); }},
    {"nv_inference_pending_request_count", "gauge", "Requests that wait for their run now.",
     [](const Statistics& s) { return Count(s.queued_now); }},
    {"nv_inference_request_duration_us", "counter", "Sum of whole requests, microseconds.",
     [](const Statistics& s) { return Microseconds(s.success.total); }},
    {"nv_inference_queue_duration_us", "counter", "Sum of waiting, microseconds.",
     [](const Statistics& s) { return Microseconds(s.queue.total); }},
    {"nv_inference_compute_input_duration_us", "counter", "Sum of gathering rows, microseconds.",
     [](const Statistics& s) { return Microseconds(s.compute_input.total); }},
    {"nv_inference_compute_infer_duration_us", "counter", "Sum of runs, microseconds.",
     [](const Statistics& s) { return Microseconds(s.compute_infer.total); }},
    {"nv_inference_compute_output_duration_us", "counter",
     "Sum of handing rows back, microseconds.",
     [](const Statistics& s) { return Microseconds(s.compute_output.total); }},
}};

Labels LabelsOf(const ModelMetrics& model) {
  return {{"model", model.name}, {"version", model.version}};
}

// What Triton's queue policy rejects is what we refuse or give up as late. Which of the others were
// the backend's fault is not counted apart, so BACKEND stays zero and they are OTHER.
void WriteFailures(const ModelMetrics& model, Exposition& text) {
  const Statistics& statistics = model.statistics;
  const std::uint64_t rejected = statistics.rejected + statistics.late;
  const std::uint64_t named = rejected + statistics.cancelled;
  const std::uint64_t all = statistics.fail.count;
  const Labels labels = LabelsOf(model);
  text.Sample("", With(labels, "reason", "REJECTED"), Count(rejected));
  text.Sample("", With(labels, "reason", "CANCELED"), Count(statistics.cancelled));
  text.Sample("", With(labels, "reason", "BACKEND"), 0);
  text.Sample("", With(labels, "reason", "OTHER"), Count(all > named ? all - named : 0));
}

}  // namespace

void WriteTritonMetrics(std::span<const ModelMetrics> models, Exposition& text) {
  for (const Triton& family : kFamilies) {
    text.Begin(family.name, family.type, family.help);
    for (const ModelMetrics& model : models) {
      text.Sample("", LabelsOf(model), family.value(model.statistics));
    }
  }
  text.Begin("nv_inference_request_failure", "counter", "Requests that failed, by reason.");
  for (const ModelMetrics& model : models) WriteFailures(model, text);
}

}  // namespace perigee::wire
