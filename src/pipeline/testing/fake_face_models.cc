#include "pipeline/testing/fake_face_models.h"

#include <numeric>
#include <span>
#include <utility>

#include "base/check.h"
#include "media/encode.h"
#include "tensor/image.h"

namespace perigee::pipeline {
namespace {

using tensor::DType;
using tensor::Tensor;

Result<model::Tensors> Boxes(const std::vector<vision::ScoredBox>& boxes) {
  std::vector<float> corners;
  std::vector<float> scores;
  for (const vision::ScoredBox& found : boxes) {
    const vision::Box& box = found.box;
    corners.insert(corners.end(), {box.x, box.y, box.right(), box.bottom()});
    scores.push_back(found.score);
  }
  const auto count = std::ssize(boxes);
  model::Tensors outputs;
  outputs.push_back({"boxes", Tensor::Of<float>({1, count, 4}, corners)});
  outputs.push_back({"scores", Tensor::Of<float>({1, count}, scores)});
  return outputs;
}

Result<model::Tensors> Brightness(const model::Tensors& inputs) {
  const Tensor& rows = inputs.front().tensor;
  const std::int64_t count = rows.shape()[0];
  const std::span<const std::uint8_t> pixels = rows.As<std::uint8_t>();
  const std::size_t row_size = pixels.size() / static_cast<std::size_t>(count);
  std::vector<float> probabilities;
  for (std::size_t at = 0; at < pixels.size(); at += row_size) {
    const auto row = pixels.subspan(at, row_size);
    const float sum = std::accumulate(row.begin(), row.end(), 0.0F);
    const float bright = sum / (255.0F * static_cast<float>(row_size));
    probabilities.insert(probabilities.end(), {1 - bright, bright});
  }
  model::Tensors outputs;
  outputs.push_back({"probabilities", Tensor::Of<float>({count, 2}, probabilities)});
  return outputs;
}

model::Description Describe(const std::string& name, const model::Card& card) {
  model::Description description;
  description.name = name;
  description.version = "1";
  description.inputs = card.inputs;
  description.outputs = card.outputs;
  description.batch_max = 8;
  return description;
}

}  // namespace

model::Card FakeDetectorCard() {
  model::Card card;
  card.name = "detector";
  card.inputs = {{"image", DType::kUint8, {-1, 64, 64, 3}, {}}};
  card.outputs = {{"boxes", DType::kFp32, {-1, -1, 4}, {}}, {"scores", DType::kFp32, {-1, -1}, {}}};
  card.detector = model::Detector{};
  card.detector->decode = model::Detector::Decode::kBoxes;
  card.detector->sizes = {64};
  card.detector->size_default = 64;
  return card;
}

model::Card FakeClassifierCard() {
  model::Card card;
  card.name = "classifier";
  card.inputs = {{"image", DType::kUint8, {-1, 8, 8, 3}, {}}};
  card.outputs = {{"probabilities", DType::kFp32, {-1, 2}, {}}};
  card.classifier = model::Classifier{.labels = {"dark", "bright"}};
  return card;
}

model::FakeModel FakeDetector(std::vector<vision::ScoredBox> boxes) {
  return {Describe("detector", FakeDetectorCard()),
          [boxes = std::move(boxes)](const model::Tensors&, const task::Context&) {
            return Boxes(boxes);
          }};
}

model::FakeModel FakeClassifier() {
  return {Describe("classifier", FakeClassifierCard()),
          [](const model::Tensors& inputs, const task::Context&) { return Brightness(inputs); }};
}

std::vector<std::byte> HalfBlackHalfWhite(int width, int height) {
  tensor::Image image = tensor::Image::Of(width, height);
  for (int y = 0; y < height; ++y) {
    const std::size_t middle = std::size_t{3} * static_cast<std::size_t>(width / 2);
    for (std::uint8_t& pixel : image.Row(y).subspan(middle)) pixel = 255;
  }
  Result<std::vector<std::byte>> png = media::EncodePng(image);
  CHECK(png.has_value());
  return *std::move(png);
}

}  // namespace perigee::pipeline
