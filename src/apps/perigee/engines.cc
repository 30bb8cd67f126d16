#include "apps/perigee/engines.h"

#include <algorithm>
#include <utility>

#include "pipeline/emotion.h"
#include "pipeline/first_release.h"
#include "pipeline/task_model.h"
#include "serving/load.h"

namespace perigee::app {
namespace {

constexpr std::string_view kDetector = "face_detector";
constexpr std::string_view kClassifier = "emotion";
constexpr int kWorkersMin = 4;

void LogLibraryLine(std::string_view) {}  // ONNX Runtime's warnings come back as our errors

}  // namespace

Result<std::unique_ptr<Engines>> Engines::Load(const EngineOptions& options,
                                               const runtime::Log& log, const Clock& clock) {
  std::unique_ptr<Engines> engines(new Engines(options, clock));
  engines->backend_ = TRY(onnxruntime::Backend::Create(LogLibraryLine));
  TRY(engines->LoadModels(log));
  TRY(engines->OpenTasks());
  return engines;
}

Result<void> Engines::LoadModels(const runtime::Log& log) {
  entries_ = TRY(serving::ScanRepository(options_.models));
  for (const serving::RepositoryEntry& entry : entries_) {
    std::unique_ptr<model::Model> model =
        TRY(serving::Load(entry, *backend_, options_.serving, clock_));
    TRY(models_.Add(std::move(model)));
    log.Info(
        "model_loaded",
        {{"model", entry.name}, {"version", entry.version}, {"card", entry.card ? "yes" : "no"}});
  }
  return {};
}

// The newest version of each is what the tasks use.
Result<void> Engines::OpenTasks() {
  const auto card_of = [this](std::string_view name) -> const model::Card* {
    const auto found = std::ranges::find(entries_, name, &serving::RepositoryEntry::name);
    return found == entries_.end() || !found->card ? nullptr : &*found->card;
  };
  const model::Card* detector_card = card_of(kDetector);
  const model::Card* classifier_card = card_of(kClassifier);
  if (detector_card == nullptr || classifier_card == nullptr) return {};
  const model::SharedModel detector = TRY(models_.Find(kDetector, ""));
  const model::SharedModel classifier = TRY(models_.Find(kClassifier, ""));
  task::Seat seat;
  seat.task = TRY(pipeline::EmotionPipeline::Open({detector, *detector_card},
                                                  {classifier, *classifier_card}, clock_));
  // Twice the rows that can run at once: while some wait for models, others decode.
  const int workers = std::max(kWorkersMin, 2 * options_.serving.instances);
  workers_ = std::make_unique<runtime::WorkerPool>(workers, options_.task_queue_max);
  seat.post = [pool = workers_.get()](TimePoint deadline, task::Seat::Work work) {
    pool->Post(deadline, std::move(work));
  };
  tasks_.Put(seat);
  TRY(models_.Add(std::make_shared<pipeline::TaskModel>("face_emotion", seat, clock_)));
  // A classifier with other labels than the first release's seven has no use for its phone.
  auto phone = pipeline::FirstReleaseModel::Open(classifier, *classifier_card);
  if (phone) TRY(models_.PutAtAnyVersion(*std::move(phone)));
  return {};
}

}  // namespace perigee::app
