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
    const Duration queued = started - submitted;
    const Duration compute = clock_.Now() - started;
    if (output) output->queued = queued;
    if (output) output->compute = compute;
    Count(output, queued, compute);
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

void TaskModel::Count(const Result<model::Output>& output, Duration queued, Duration compute) {
  const std::scoped_lock lock(mutex_);
  statistics_.queue.Add(queued);
  if (!output) {
    statistics_.fail.Add(queued + compute);
    if (output.error().code == Code::kResourceExhausted) ++statistics_.rejected;
    if (output.error().code == Code::kDeadlineExceeded) ++statistics_.late;
    if (output.error().code == Code::kCancelled) ++statistics_.cancelled;
    return;
  }
  ++statistics_.inference_count;
  ++statistics_.execution_count;
  statistics_.last_inference_ms = UnixMilliseconds();
  statistics_.success.Add(queued + compute);
  statistics_.compute_infer.Add(compute);
  statistics_.batches[1].infer.Add(compute);
  statistics_.latency.Observe(queued + compute);
}

model::Statistics TaskModel::statistics() const {
  const std::scoped_lock lock(mutex_);
  return statistics_;
}

}  // namespace perigee::pipeline
