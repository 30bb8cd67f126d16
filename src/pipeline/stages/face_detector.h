// Stage: a picture to faces. Letterbox, run, decode as the model's card says, suppress overlaps.
// Immutable after Open; thread-safe.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "base/result.h"
#include "media/decode.h"
#include "model/card.h"
#include "model/model.h"
#include "pipeline/stages/pixel_pool.h"
#include "task/context.h"
#include "vision/box.h"

namespace perigee::pipeline {

struct DetectOptions {
  int input_size = 0;   // side of the square that the model sees, px
  float score_min = 0;  // 0..1
  int faces_max = 0;
};

class FaceDetector {
 public:
  // InvalidArgument if the card is no detector's or does not fit the model.
  static Result<FaceDetector> Open(model::Model& model, const model::Card& card);

  // Boxes in pixels of the source (source_width x source_height), best score first, not clipped.
  Result<std::vector<vision::ScoredBox>> Detect(const media::Picture& picture,
                                                const DetectOptions& options,
                                                const task::Context& context) const;

  // InvalidArgument, naming what is possible, for a size that the model cannot take.
  Result<void> CheckInputSize(int size) const;
  const model::Detector& card() const { return card_; }

 private:
  FaceDetector(model::Model& model, model::Detector card);
  // Boxes in pixels of the model's input.
  Result<std::vector<vision::ScoredBox>> Candidates(const model::Tensors& outputs,
                                                    const DetectOptions& options) const;

  model::Model* model_;  // never null
  model::Detector card_;
  std::unique_ptr<PixelPool> squares_;  // what the model is fed; never null
};

}  // namespace perigee::pipeline
