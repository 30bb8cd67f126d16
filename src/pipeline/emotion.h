// Task "emotion": a photograph to faces with expressions. The story is Run, on one page.
// Thread-safe; blocks its caller, so wiring runs it on a WorkerPool.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "model/card.h"
#include "model/model.h"
#include "pipeline/stage_budget.h"
#include "pipeline/stages/classifier.h"
#include "pipeline/stages/face_detector.h"
#include "pipeline/stages/pixel_pool.h"
#include "task/task.h"
#include "task/task_set.h"

namespace perigee::pipeline {

struct ModelWithCard {
  model::SharedModel model;  // never null
  const model::Card& card;
};

class EmotionPipeline final : public task::Task {
 public:
  // The clock outlives the pipeline, which keeps the models. InvalidArgument if a card does not fit
  // its stage. `post`: the threads for its streams; without it there are none. `ahead`: the runs
  // that wait for those threads.
  static Result<std::unique_ptr<EmotionPipeline>> Open(const ModelWithCard& detector,
                                                       const ModelWithCard& classifier,
                                                       const Clock& clock,
                                                       task::Seat::Post post = {},
                                                       StageBudget::RunsAhead ahead = {});

  const task::Description& description() const override { return description_; }
  Result<task::Answer> Run(const task::Payload& payload, const task::Context& context) override;
  task::Hint hint(Duration budget) const override { return budget_.hint(budget); }
  // The pipeline outlives its sessions.
  Result<std::unique_ptr<task::Session>> OpenSession(const task::Options& options,
                                                     const task::Context& context,
                                                     task::Session::Sink sink) override;

 private:
  EmotionPipeline(std::vector<model::SharedModel> models, FaceDetector detector,
                  Classifier classifier, StageBudget::RunsAhead ahead, const Clock& clock);
  Result<DetectOptions> ReadOptions(const task::Options& options) const;

  const std::vector<model::SharedModel> models_;  // what the stages call
  FaceDetector detector_;
  Classifier classifier_;
  const Clock& clock_;
  PixelPool pictures_;     // decoded
  task::Seat::Post post_;  // set once, by Open
  StageBudget budget_;
  task::Description description_;
};

}  // namespace perigee::pipeline
