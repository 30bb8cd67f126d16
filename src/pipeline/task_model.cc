#include "pipeline/task_model.h"

#include <array>
#include <chrono>
#include <span>
#include <utility>

namespace perigee::pipeline {
namespace {

using tensor::DType;
using tensor::Tensor;

std::int64_t UnixMilliseconds() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
}

model::Tensors ToTensors(const task::Answer& answer, std::size_t labels) {
  const auto faces = static_cast<std::int64_t>(answer.faces.size());
  std::vector<float> boxes;
  std::vector<float> scores;
  std::vector<float> probabilities;
  std::vector<std::string> emotions;
  for (const task::Face& face : answer.faces) {
    boxes.insert(boxes.end(), {face.box.x, face.box.y, face.box.width, face.box.height});
    scores.push_back(face.score);
    for (const task::Labelled& label : face.probabilities)
      probabilities.push_back(label.probability);
    emotions.push_back(face.emotion);
  }
  model::Tensors tensors;
  tensors.push_back({"boxes", Tensor::Of<float>({faces, 4}, boxes)});
  tensors.push_back({"scores", Tensor::Of<float>({faces}, scores)});
  tensors.push_back({"probabilities",
                     Tensor::Of<float>({faces, static_cast<std::int64_t>(labels)}, probabilities)});
  tensors.push_back({"emotions", Tensor::OfBytes({faces}, emotions)});
  return tensors;
}

model::TenantCounts& TenantOf(const std::string& tenant, model::Statistics& statistics) {
  const bool room = statistics.tenants.size() + 1 < model::kTenantsMax;
  const bool known = room || statistics.tenants.contains(tenant);
  return statistics.tenants[known ? tenant : model::kTenantsRest];
}

void CountFailure(Code code, model::TenantCounts& tenant, model::Statistics& statistics) {
  if (code == Code::kResourceExhausted) {
    ++statistics.rejected;
    ++tenant.rejected;
  } else if (code == Code::kDeadlineExceeded) {
    ++statistics.late;
    ++statistics.late_in_run;
    ++tenant.late;
  } else {
    if (code == Code::kCancelled) ++statistics.cancelled;
    ++tenant.other;
  }
}

void CountSlack(TimePoint deadline, TimePoint ended, model::TenantCounts& tenant,
                model::Statistics& statistics) {
  ++(ended <= deadline ? tenant.in_time : tenant.late);
  if (deadline != kNever) statistics.slack.Observe(deadline - ended);
}

}  // namespace

TaskModel::TaskModel(std::string name, task::Seat seat, const Clock& clock)
    : seat_(std::move(seat)), clock_(clock) {
  std::vector<std::string> labels = seat_.task->description().labels;
  const auto width = static_cast<std::int64_t>(labels.size());
  description_.name = std::move(name);
  description_.version = "1";
  description_.platform = "perigee_task";
  description_.inputs = {{"image", DType::kBytes, {1}, {}}};
  description_.outputs = {{"boxes", DType::kFp32, {-1, 4}, {}},
                          {"scores", DType::kFp32, {-1}, {}},
                          {"probabilities", DType::kFp32, {-1, width}, std::move(labels)},
                          {"emotions", DType::kBytes, {-1}, {}}};
}

void TaskModel::Submit(const model::Tensors& inputs, const task::Context& context, Done done) {
  const TimePoint submitted = clock_.Now();
  Result<void> checked = model::CheckInputs(description_, inputs);
  if (!checked) return done(Fail(std::move(checked).error()));
  seat_.post(context.deadline, [this, &inputs, context, submitted,
                                done = std::move(done)](Result<void> admitted) mutable {
    const TimePoint started = clock_.Now();
    Result<model::Output> output = admitted ? RunTask(inputs, context) : Fail(admitted.error());
    const TimePoint ended = clock_.Now();
    const Times times{started - submitted, ended - started, ended};
    if (output) output->queued = times.queued;
    if (output) output->compute = times.compute;
    Count(output, context, times);
    done(std::move(output));
  });
}

Result<model::Output> TaskModel::RunTask(const model::Tensors& inputs,
                                         const task::Context& context) {
  const std::string_view image = inputs.front().tensor.ByteElements().front();
  const task::Payload payload{std::as_bytes(std::span(image)), "", {}};
  const task::Answer answer = TRY(seat_.task->Run(payload, context));
  const auto labels = static_cast<std::size_t>(description_.outputs[2].shape[1]);
  return model::Output{.tensors = ToTensors(answer, labels), .queued = {}, .compute = {}};
}

void TaskModel::Count(const Result<model::Output>& output, const task::Context& context,
                      const Times& times) {
  const Duration whole = times.queued + times.compute;
  const std::scoped_lock lock(mutex_);
  model::TenantCounts& tenant = TenantOf(context.tenant, statistics_);
  statistics_.queue.Add(times.queued);
  if (!output) {
    statistics_.fail.Add(whole);
    return CountFailure(output.error().code, tenant, statistics_);
  }
  ++statistics_.inference_count;
  ++statistics_.execution_count;
  statistics_.last_inference_ms = UnixMilliseconds();
  statistics_.success.Add(whole);
  statistics_.compute_infer.Add(times.compute);
  statistics_.batches[1].infer.Add(times.compute);
  statistics_.latency.Observe(whole);
  statistics_.queue_time.Observe(times.queued);
  statistics_.compute_time.Observe(times.compute);
  CountSlack(context.deadline, times.ended, tenant, statistics_);
}

model::Statistics TaskModel::statistics() const {
  const std::scoped_lock lock(mutex_);
  return statistics_;
}

}  // namespace perigee::pipeline
