#include "pipeline/stages/classifier.h"

#include <fmt/format.h>

#include <latch>
#include <optional>
#include <span>
#include <utility>

#include "base/check.h"

namespace perigee::pipeline {
namespace {

// One row on its way through the model: what it borrows and what came back.
struct Row {
  tensor::Image crop;
  model::Tensors inputs;
  Result<model::Output> output = Fail(Internal("classify: not run"));
};

bool TakesSquarePixels(const model::TensorSpec& input) {
  return input.dtype == tensor::DType::kUint8 && input.shape.size() == 4 && input.shape[1] > 0 &&
         input.shape[1] == input.shape[2] && input.shape[3] == 3;
}

Result<std::vector<task::Labelled>> ToLabelled(const model::Output& output,
                                               const std::vector<std::string>& labels) {
  const tensor::Tensor& row = output.tensors.front().tensor;
  if (row.dtype() != tensor::DType::kFp32 || row.element_count() != std::ssize(labels)) {
    return Fail(Internal(fmt::format("classify: the model answered {}, not {} probabilities",
                                     tensor::ShapeText(row.shape()), labels.size())));
  }
  std::vector<task::Labelled> labelled;
  labelled.reserve(labels.size());
  for (std::size_t i = 0; i < labels.size(); ++i) {
    labelled.push_back({labels[i], row.As<float>()[i]});
  }
  return labelled;
}

}  // namespace

Result<Classifier> Classifier::Open(model::Model& model, const model::Card& card) {
  const model::Description& description = model.description();
  if (!card.classifier) {
    return Fail(
        InvalidArgument(fmt::format("classifier {}: its card has no [classifier]", card.name)));
  }
  if (description.inputs.size() != 1 || description.outputs.size() != 1 ||
      !TakesSquarePixels(description.inputs[0])) {
    return Fail(InvalidArgument(
        fmt::format("classifier {}: needs one input UINT8 [N,S,S,3] and one output FP32 [N,labels]",
                    card.name)));
  }
  const tensor::Shape& output = description.outputs[0].shape;
  if (output.size() != 2 || output[1] != std::ssize(card.classifier->labels)) {
    return Fail(
        InvalidArgument(fmt::format("classifier {}: {} labels for an output of shape {}", card.name,
                                    card.classifier->labels.size(), tensor::ShapeText(output))));
  }
  return Classifier(model, card.classifier->labels,
                    static_cast<int>(description.inputs[0].shape[1]));
}

Result<std::vector<std::vector<task::Labelled>>> Classifier::Classify(
    std::vector<tensor::Image> crops, const task::Context& context) const {
  std::vector<Row> rows(crops.size());
  std::latch answered(std::ssize(rows));
  task::Context row_context = context;
  const std::string& input = model_->description().inputs[0].name;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    Row& row = rows[i];
    row.crop = std::move(crops[i]);
    Result<tensor::Tensor> pixels =
        tensor::Tensor::Borrow(tensor::DType::kUint8, {1, input_size_, input_size_, 3},
                               std::as_bytes(std::span(row.crop.pixels)));
    CHECK(pixels.has_value());  // crops are made at input_size_
    row.inputs.push_back({input, *std::move(pixels)});
    // With the last row in, this thread only waits.
    row_context.lends = i + 1 == rows.size() ? Duration::max() : Duration{};
    model_->Submit(row.inputs, row_context, [&row, &answered](Result<model::Output> output) {
      row.output = std::move(output);
      answered.count_down();
    });
  }
  // Ends by the model's contract: every row is answered, at the latest at the deadline.
  answered.wait();
  std::vector<std::vector<task::Labelled>> faces;
  for (Row& row : rows) {
    const model::Output output = TRY(std::move(row.output));
    std::vector<task::Labelled> labelled = TRY(ToLabelled(output, labels_));
    faces.push_back(std::move(labelled));
  }
  return faces;
}

}  // namespace perigee::pipeline
