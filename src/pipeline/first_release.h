// Model "model_emotion": the expression classifier as the first release's phone (2020) asks for it,
// so that the phone need not change: the whole picture at 48x48 as numbers 0..1, answered with
// seven numbers in that phone's order.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/card.h"
#include "model/model.h"

namespace perigee::pipeline {

// Thread-safe.
class FirstReleaseModel final : public model::Model {
 public:
  // InvalidArgument unless its card's labels are the seven
  // expressions that the phone shows.
  static Result<std::unique_ptr<FirstReleaseModel>> Open(model::SharedModel classifier,
                                                         const model::Card& card);

  const model::Description& description() const override { return description_; }
  // [N, 48, 48, 3] f32, 0..1 -> [N, 7] f32: angry, disgust, fear, happy, sad, surprise, neutral.
  void Submit(const model::Tensors& inputs, const task::Context& context, Done done) override;
  // The classifier's own: this is another name for it.
  model::Statistics statistics() const override { return classifier_->statistics(); }
  task::Hint hint(Duration budget) const override { return classifier_->hint(budget); }

 private:
  FirstReleaseModel(model::SharedModel classifier, std::vector<std::size_t> order);

  const model::SharedModel classifier_;   // never null
  const std::vector<std::size_t> order_;  // position in the classifier's answer, for each of ours
  model::Description description_;
};

}  // namespace perigee::pipeline
