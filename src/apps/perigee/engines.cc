#include "apps/perigee/engines.h"

#include <malloc.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "pipeline/emotion.h"
#include "pipeline/first_release.h"
#include "pipeline/task_model.h"

namespace perigee::app {
namespace {

constexpr std::string_view kDetector = "face_detector";
constexpr std::string_view kClassifier = "emotion";
constexpr std::string_view kTask = "emotion";
constexpr std::string_view kTaskModel = "face_emotion";
constexpr std::string_view kFirstRelease = "model_emotion";
constexpr int kWorkersMin = 4;
constexpr int kManagers = 2;
constexpr int kManagersQueueMax = 32;

void LogLibraryLine(std::string_view) {}  // ONNX Runtime's warnings come back as our errors

// A model's weights and buffers go back to the system, not to the allocator's own stock.
void GiveMemoryBack() { (void)malloc_trim(0); }

// Every version of a name but `kept`; an alias has the version of the model behind it.
void RemoveOthers(model::ModelSet& models, std::string_view name, std::string_view kept) {
  for (const std::string& version : models.Versions(name)) {
    if (version != kept) models.Remove(name, version);
  }
}

task::Seat::Post PostTo(runtime::WorkerPool& pool) {
  return
      [&pool](TimePoint deadline, task::Seat::Work work) { pool.Post(deadline, std::move(work)); };
}

}  // namespace

Result<std::unique_ptr<Engines>> Engines::Load(const EngineOptions& options,
                                               const runtime::Log& log, const Clock& clock) {
  std::unique_ptr<Engines> engines(new Engines(options, clock));
  engines->backend_ = TRY(onnxruntime::Backend::Create(LogLibraryLine));
  Engines& these = *engines;
  serving::LiveRepositoryOptions repository;
  repository.folder = options.models;
  repository.serving = options.serving;
  repository.control = options.control;
  repository.poll_every = options.poll_every;
  repository.changed = [&these](const std::string& name) { return these.FollowModels(name); };
  these.repository_ = std::make_unique<serving::LiveRepository>(
      std::move(repository), *these.backend_, these.models_, these.retirement_, log, clock);
  TRY(these.repository_->Start());
  TRY(these.OpenTasks());
  return engines;
}

// Twice the rows that can run at once: while some wait for models, others decode.
Engines::Engines(const EngineOptions& options, const Clock& clock)
    : options_(options),
      clock_(clock),
      retirement_(GiveMemoryBack),
      workers_(std::max(kWorkersMin, 2 * options.serving.instances), options.task_queue_max),
      managers_(kManagers, kManagersQueueMax) {}

// The repository's thread uses all that follows it, so it stops first.
Engines::~Engines() {
  if (repository_ != nullptr) repository_->Close();
}

model::RepositoryAccess Engines::repository(bool manage) {
  return {.repository = repository_.get(), .manage = manage, .post = PostTo(managers_)};
}

Result<void> Engines::FollowModels(const std::string& changed) {
  if (changed != kDetector && changed != kClassifier) return {};
  return OpenTasks();
}

void Engines::CloseTasks() {
  tasks_.Remove(kTask);
  RemoveOthers(models_, kTaskModel, "");
  RemoveOthers(models_, kFirstRelease, "");
}

// What answers to each name when no version is asked for is what the tasks use: the newest version,
// or a canary.
Result<void> Engines::OpenTasks() {
  const std::optional<model::Card> detector_card = repository_->CardOf(kDetector);
  const std::optional<model::Card> classifier_card = repository_->CardOf(kClassifier);
  if (!detector_card || !classifier_card) {
    CloseTasks();
    return {};
  }
  const model::SharedModel detector = TRY(models_.Find(kDetector, ""));
  const model::SharedModel classifier = TRY(models_.Find(kClassifier, ""));
  task::Seat seat;
  seat.post = PostTo(workers_);
  const auto ahead = [this] { return workers_.RunsAhead(); };
  seat.task = TRY(pipeline::EmotionPipeline::Open(
      {detector, *detector_card}, {classifier, *classifier_card}, clock_, seat.post, ahead));
  TRY(models_.Put(std::make_shared<pipeline::TaskModel>(std::string(kTaskModel), seat, clock_)));
  tasks_.Put(std::move(seat));
  return OpenFirstRelease(classifier, *classifier_card);
}

// A classifier with other labels than the first release's seven has no use for its phone.
Result<void> Engines::OpenFirstRelease(const model::SharedModel& classifier,
                                       const model::Card& card) {
  auto phone = pipeline::FirstReleaseModel::Open(classifier, card);
  const std::string version = phone ? (*phone)->description().version : "";
  if (phone) TRY(models_.PutAtAnyVersion(*std::move(phone)));
  RemoveOthers(models_, kFirstRelease, version);
  return {};
}

}  // namespace perigee::app
