#include "pipeline/stages/face_detector.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <span>

#include "base/check.h"
#include "tensor/tensor.h"
#include "vision/anchor_grid.h"
#include "vision/letterbox.h"
#include "vision/suppression.h"

namespace perigee::pipeline {
namespace {

bool TakesPixels(const model::TensorSpec& input) {
  return input.dtype == tensor::DType::kUint8 && input.shape.size() == 4 && input.shape[3] == 3;
}

// Outputs "boxes" [1, K, 4] x1, y1, x2, y2 in input pixels and "scores" [1, K].
Result<std::vector<vision::ScoredBox>> ReadBoxes(const model::Tensors& outputs, float score_min) {
  const tensor::Tensor* boxes = model::Find(outputs, "boxes");
  const tensor::Tensor* scores = model::Find(outputs, "scores");
  const bool fit = boxes != nullptr && scores != nullptr &&
                   boxes->dtype() == tensor::DType::kFp32 &&
                   scores->dtype() == tensor::DType::kFp32 &&
                   boxes->element_count() == 4 * scores->element_count();
  if (!fit)
    return Fail(Internal("detect: the model's answer is not boxes [1,K,4] and scores [1,K]"));
  const std::span<const float> corners = boxes->As<float>();
  std::vector<vision::ScoredBox> found;
  for (std::size_t i = 0; i < scores->As<float>().size(); ++i) {
    const std::span<const float> corner = corners.subspan(4 * i, 4);
    const float score = scores->As<float>()[i];
    if (!(score > score_min) ||
        !std::ranges::all_of(corner, [](float v) { return std::isfinite(v); })) {
      continue;
    }
    found.push_back({{corner[0], corner[1], corner[2] - corner[0], corner[3] - corner[1]}, score});
  }
  return found;
}

// Eight squares of 416 px: more detections at once than a node's cores can work on.
constexpr std::size_t kSquareBytesMax = std::size_t{4} << 20U;

std::size_t SquareBytes(int size) { return std::size_t{3} * size * size; }

// The picture as the model wants it: [1, size, size, 3] u8 RGB, borrowed from `pixels`, which holds
// as many bytes and is overwritten.
model::Tensors ToInput(const tensor::ReducedView& picture, int size, const std::string& name,
                       Pixels& pixels) {
  vision::LetterboxInto(picture, {pixels, size, size});
  Result<tensor::Tensor> square = tensor::Tensor::Borrow(tensor::DType::kUint8, {1, size, size, 3},
                                                         std::as_bytes(std::span(pixels)));
  CHECK(square.has_value());
  model::Tensors input;
  input.push_back({name, *std::move(square)});
  return input;
}

}  // namespace

FaceDetector::FaceDetector(model::Model& model, model::Detector card)
    : model_(&model),
      card_(std::move(card)),
      squares_(std::make_unique<PixelPool>(kSquareBytesMax)) {}

Result<FaceDetector> FaceDetector::Open(model::Model& model, const model::Card& card) {
  if (!card.detector) {
    return Fail(InvalidArgument(fmt::format("detector {}: its card has no [detector]", card.name)));
  }
  const model::Description& description = model.description();
  if (description.inputs.size() != 1 || !TakesPixels(description.inputs[0])) {
    return Fail(
        InvalidArgument(fmt::format("detector {}: needs one input UINT8 [N,S,S,3]", card.name)));
  }
  FaceDetector detector(model, *card.detector);
  TRY(detector.CheckInputSize(card.detector->size_default));
  return detector;
}

Result<void> FaceDetector::CheckInputSize(int size) const {
  const std::int64_t fixed = model_->description().inputs[0].shape[1];
  if (fixed > 0) {
    if (size == fixed) return {};
    return Fail(
        InvalidArgument(fmt::format("detector input size {}: only {} is possible", size, fixed)));
  }
  if (std::ranges::find(card_.sizes, size) != card_.sizes.end()) return {};
  return Fail(InvalidArgument(
      fmt::format("detector input size {}: possible are {}", size, fmt::join(card_.sizes, ", "))));
}

Result<std::vector<vision::ScoredBox>> FaceDetector::Candidates(
    const model::Tensors& outputs, const DetectOptions& options) const {
  if (card_.decode == model::Detector::Decode::kBoxes) return ReadBoxes(outputs, options.score_min);
  const tensor::Tensor& grid = outputs.front().tensor;
  if (grid.dtype() != tensor::DType::kFp32) return Fail(Internal("detect: the grid is not FP32"));
  return vision::DecodeAnchorGrid(grid.As<float>(), {.cells = options.input_size / card_.stride,
                                                     .input_size = options.input_size,
                                                     .anchors = card_.anchors,
                                                     .score_min = options.score_min});
}

Result<std::vector<vision::ScoredBox>> FaceDetector::Detect(const media::Picture& picture,
                                                            const DetectOptions& options,
                                                            const task::Context& context) const {
  const std::string& name = model_->description().inputs[0].name;
  LentPixels square(*squares_, SquareBytes(options.input_size));
  const model::Tensors input = ToInput(picture.View(), options.input_size, name, square.get());
  const model::Output output = TRY(model::Run(*model_, input, context));
  const std::vector<vision::ScoredBox> candidates = TRY(Candidates(output.tensors, options));
  std::vector<vision::ScoredBox> faces =
      vision::Suppress(candidates, card_.iou_max, static_cast<std::size_t>(options.faces_max));
  const vision::Letterbox letterbox(picture.source_width, picture.source_height,
                                    options.input_size);
  for (vision::ScoredBox& face : faces) {
    face.box = letterbox.ToPicture(face.box, picture.source_width, picture.source_height);
  }
  return faces;
}

}  // namespace perigee::pipeline
