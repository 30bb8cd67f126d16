#include "pipeline/first_release.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <utility>

#include "tensor/image.h"
#include "tensor/resample.h"

namespace perigee::pipeline {
namespace {

using tensor::DType;
using tensor::Tensor;

constexpr int kSide = 48;

// The phone's name for an expression, and ours.
struct Expression {
  std::string_view phone;
  std::string_view ours;
};
constexpr std::array<Expression, 7> kOrder = {{{"Angry", "angry"},
                                               {"Disgust", "disgusted"},
                                               {"Fear", "fearful"},
                                               {"Happy", "happy"},
                                               {"Sad", "sad"},
                                               {"Surprise", "surprised"},
                                               {"Neutral", "neutral"}}};

tensor::Image ToImage(std::span<const float> pixels) {
  tensor::Image image = tensor::Image::Of(kSide, kSide);
  std::ranges::transform(pixels, image.pixels.begin(), [](float value) {
    const float level = std::isfinite(value) ? std::clamp(value, 0.0F, 1.0F) : 0.0F;
    return static_cast<std::uint8_t>(std::lround(level * 255.0F));
  });
  return image;
}

// [N, 48, 48, 3] f32 -> [N, side, side, 3] u8
Tensor ScaledUp(const Tensor& pictures, int side) {
  const std::int64_t rows = pictures.shape()[0];
  const std::size_t from = std::size_t{3} * kSide * kSide;
  const std::size_t to = std::size_t{3} * side * side;
  Tensor scaled = Tensor::Zeros(DType::kUint8, {rows, side, side, 3});
  for (std::size_t row = 0; row < static_cast<std::size_t>(rows); ++row) {
    const tensor::Image image = ToImage(pictures.As<float>().subspan(row * from, from));
    const std::span<std::uint8_t> square = scaled.Mutable<std::uint8_t>().subspan(row * to, to);
    tensor::ResampleBilinear(image, tensor::WholePicture(image), {square, side, side});
  }
  return scaled;
}

// [N, 7] in the classifier's order -> [N, 7] in the phone's
Tensor Reordered(const Tensor& probabilities, const std::vector<std::size_t>& order) {
  Tensor reordered = Tensor::Zeros(DType::kFp32, probabilities.shape());
  const std::span<const float> from = probabilities.As<float>();
  const std::span<float> to = reordered.Mutable<float>();
  for (std::size_t row = 0; row + order.size() <= from.size(); row += order.size()) {
    for (std::size_t i = 0; i < order.size(); ++i) to[row + i] = from[row + order[i]];
  }
  return reordered;
}

}  // namespace

Result<std::unique_ptr<FirstReleaseModel>> FirstReleaseModel::Open(model::SharedModel classifier,
                                                                   const model::Card& card) {
  if (!card.classifier) {
    return Fail(
        InvalidArgument(fmt::format("serve model_emotion: {} is no classifier", card.name)));
  }
  const std::vector<std::string>& labels = card.classifier->labels;
  std::vector<std::size_t> order;
  for (const Expression& expression : kOrder) {
    const auto found = std::ranges::find(labels, expression.ours);
    if (found == labels.end() || labels.size() != kOrder.size()) {
      return Fail(InvalidArgument(fmt::format(
          "serve model_emotion: {} has not the first release's seven expressions", card.name)));
    }
    order.push_back(static_cast<std::size_t>(found - labels.begin()));
  }
  return std::unique_ptr<FirstReleaseModel>(
      new FirstReleaseModel(std::move(classifier), std::move(order)));
}

FirstReleaseModel::FirstReleaseModel(model::SharedModel classifier, std::vector<std::size_t> order)
    : classifier_(std::move(classifier)), order_(std::move(order)) {
  std::vector<std::string> labels;
  for (const Expression& expression : kOrder) labels.emplace_back(expression.phone);
  description_ = classifier_->description();
  description_.name = "model_emotion";
  description_.inputs = {{"image", DType::kFp32, {-1, kSide, kSide, 3}, {}}};
  description_.outputs = {
      {"probabilities", DType::kFp32, {-1, std::ssize(kOrder)}, std::move(labels)}};
}

void FirstReleaseModel::Submit(const model::Tensors& inputs, const task::Context& context,
                               Done done) {
  Result<void> checked = model::CheckInputs(description_, inputs);
  if (!checked) return done(Fail(std::move(checked).error()));
  const model::TensorSpec& input = classifier_->description().inputs[0];
  auto scaled = std::make_unique<model::Tensors>();
  const Tensor& pictures = inputs.front().tensor;
  scaled->push_back({input.name, ScaledUp(pictures, static_cast<int>(input.shape[1]))});
  const model::Tensors& rows = *scaled;  // owned by `done` below
  classifier_->Submit(rows, context,
                      [this, scaled = std::move(scaled),
                       done = std::move(done)](Result<model::Output> output) mutable {
                        if (output) {
                          Tensor& answer = output->tensors.front().tensor;
                          answer = Reordered(answer, order_);
                          output->tensors.front().name = description_.outputs[0].name;
                        }
                        done(std::move(output));
                      });
}

}  // namespace perigee::pipeline
