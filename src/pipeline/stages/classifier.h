// Stage: crops to probabilities, one row a crop. Which labels, in which order and from what input
// size, the model's card says. Immutable after Open; thread-safe.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "model/card.h"
#include "model/model.h"
#include "task/answer.h"
#include "task/context.h"
#include "tensor/image.h"

namespace perigee::pipeline {

class Classifier {
 public:
  // InvalidArgument if the card is no classifier's or does not fit the model.
  static Result<Classifier> Open(model::Model& model, const model::Card& card);

  // `crops`: each [input_size, input_size, 3] u8 RGB. All rows are submitted at once, so that
  // several instances share them; the answer keeps the order.
  Result<std::vector<std::vector<task::Labelled>>> Classify(std::vector<tensor::Image> crops,
                                                            const task::Context& context) const;

  int input_size() const { return input_size_; }
  const std::vector<std::string>& labels() const { return labels_; }

 private:
  Classifier(model::Model& model, std::vector<std::string> labels, int input_size)
      : model_(&model), labels_(std::move(labels)), input_size_(input_size) {}

  model::Model* model_;  // never null
  std::vector<std::string> labels_;
  int input_size_;
};

}  // namespace perigee::pipeline
