// Task "emotion": a photograph to faces with expressions. The story is Run, on one page.
// Thread-safe; blocks its caller, so wiring runs it on a WorkerPool.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "media/decode.h"
#include "model/card.h"
#include "model/model.h"
#include "pipeline/stages/classifier.h"
#include "pipeline/stages/face_detector.h"
#include "task/task.h"

namespace perigee::pipeline {

struct ModelWithCard {
  model::SharedModel model;  // never null
  const model::Card& card;
};

class EmotionPipeline final : public task::Task {
 public:
  // The clock outlives the pipeline, which keeps the models. InvalidArgument if a card does not fit
  // its stage.
  static Result<std::unique_ptr<EmotionPipeline>> Open(const ModelWithCard& detector,
                                                       const ModelWithCard& classifier,
                                                       const Clock& clock);

  const task::Description& description() const override { return description_; }
  Result<task::Answer> Run(const task::Payload& payload, const task::Context& context) override;

 private:
  EmotionPipeline(std::vector<model::SharedModel> models, FaceDetector detector,
                  Classifier classifier, const Clock& clock);
  Result<DetectOptions> ReadOptions(const task::Options& options) const;
  Result<media::Picture> SharpenFor(const std::vector<vision::ScoredBox>& faces,
                                    media::Picture picture, const task::Payload& payload) const;

  const std::vector<model::SharedModel> models_;  // what the stages call
  FaceDetector detector_;
  Classifier classifier_;
  const Clock& clock_;
  task::Description description_;
};

}  // namespace perigee::pipeline
