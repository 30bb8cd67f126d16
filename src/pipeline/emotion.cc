#include "pipeline/emotion.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "task/options.h"
#include "vision/crop.h"

namespace perigee::pipeline {
namespace {

constexpr std::string_view kMinScore = "min_score";
constexpr std::string_view kFacesMax = "faces_max";
constexpr std::string_view kDetectorSize = "detector_size";
constexpr int kFacesMaxDefault = 100;
// The first decode is this much larger than the detector's input, so that most faces are sharp
// enough at once: reading a JPEG twice costs more than reading it larger, as most of the work does
// not depend on the scale (docs/adr/0006-decode-scale.md).
constexpr int kDecodeMargin = 4;

// Names the stages and tells how long each took: the time since the stage before ended.
class StageTimer {
 public:
  StageTimer(const Clock& clock, task::Answer& answer)
      : clock_(clock), answer_(answer), since_(clock.Now()) {}
  void Ended(std::string_view stage) {
    const TimePoint now = clock_.Now();
    for (task::StageTime& known : answer_.stages) {
      if (known.stage == stage) {
        known.duration += now - std::exchange(since_, now);
        return;
      }
    }
    answer_.stages.push_back({std::string(stage), now - std::exchange(since_, now)});
  }

 private:
  const Clock& clock_;
  task::Answer& answer_;
  TimePoint since_;
};

media::DecodeOptions LongestSideAtLeast(int side) {
  media::DecodeOptions options;
  options.longest_side_min = side;
  return options;
}

std::vector<vision::Box> BoxesOf(const std::vector<vision::ScoredBox>& faces) {
  std::vector<vision::Box> boxes;
  boxes.reserve(faces.size());
  for (const vision::ScoredBox& face : faces) boxes.push_back(face.box);
  return boxes;
}

task::Face ToFace(const vision::ScoredBox& found, std::vector<task::Labelled> probabilities) {
  const auto top = std::ranges::max_element(probabilities, {}, &task::Labelled::probability);
  task::Face face;
  face.box = {found.box.x, found.box.y, found.box.width, found.box.height};
  face.score = found.score;
  face.emotion = top->label;
  face.probabilities = std::move(probabilities);
  return face;
}

std::vector<task::OptionSpec> OptionTable(const model::Detector& detector) {
  const auto [smallest, largest] = std::ranges::minmax(detector.sizes);
  return {
      {std::string(kMinScore), "number", 0, 1, "Faces with a lower detector score are left out."},
      {std::string(kFacesMax), "integer", 1, 1000, "Faces at most, best score first."},
      {std::string(kDetectorSize), "integer", static_cast<double>(smallest),
       static_cast<double>(largest),
       "Side of the square that the detector sees, px: smaller is faster, larger finds smaller "
       "faces."},
  };
}

}  // namespace

Result<std::unique_ptr<EmotionPipeline>> EmotionPipeline::Open(const ModelWithCard& detector,
                                                               const ModelWithCard& classifier,
                                                               const Clock& clock) {
  FaceDetector faces = TRY(FaceDetector::Open(*detector.model, detector.card));
  Classifier emotions = TRY(Classifier::Open(*classifier.model, classifier.card));
  return std::unique_ptr<EmotionPipeline>(new EmotionPipeline(
      {detector.model, classifier.model}, std::move(faces), std::move(emotions), clock));
}

EmotionPipeline::EmotionPipeline(std::vector<model::SharedModel> models, FaceDetector detector,
                                 Classifier classifier, const Clock& clock)
    : models_(std::move(models)),
      detector_(std::move(detector)),
      classifier_(std::move(classifier)),
      clock_(clock) {
  description_.name = "emotion";
  description_.summary = "Faces in a photograph, each with the probabilities of its expressions.";
  description_.media_types = {"image/jpeg", "image/png", "image/webp"};
  description_.options = OptionTable(detector_.card());
  description_.labels = classifier_.labels();
  for (const model::SharedModel& model : models_) {
    description_.models.push_back({model->description().name, model->description().version});
  }
}

Result<DetectOptions> EmotionPipeline::ReadOptions(const task::Options& options) const {
  TRY(task::CheckOptions(options, description_));
  DetectOptions detect;
  detect.score_min = static_cast<float>(
      task::NumberOr(options, kMinScore, static_cast<double>(detector_.card().score_min)));
  detect.faces_max = static_cast<int>(task::NumberOr(options, kFacesMax, kFacesMaxDefault));
  detect.input_size =
      static_cast<int>(task::NumberOr(options, kDetectorSize, detector_.card().size_default));
  TRY(detector_.CheckInputSize(detect.input_size));
  return detect;
}

// The picture to cut the faces from: `picture` itself, unless its smallest face has fewer pixels
// than the classifier sees and the source has more.
Result<media::Picture> EmotionPipeline::SharpenFor(const std::vector<vision::ScoredBox>& faces,
                                                   media::Picture picture,
                                                   const task::Payload& payload) const {
  float side_min = static_cast<float>(picture.source_width + picture.source_height);
  for (const vision::ScoredBox& face : faces) {
    side_min = std::min(side_min, std::max(face.box.width, face.box.height));
  }
  const int decoded = std::max(picture.image.width, picture.image.height);
  const int source = std::max(picture.source_width, picture.source_height);
  const double wanted = static_cast<double>(classifier_.input_size()) * source / side_min;
  if (decoded >= source || decoded >= wanted) return picture;
  const int longest = static_cast<int>(std::ceil(std::min<double>(wanted, source)));
  return media::Decode(payload.bytes, LongestSideAtLeast(longest));
}

// The life of one photograph. Each stage is a room; read it top to bottom.
Result<task::Answer> EmotionPipeline::Run(const task::Payload& payload,
                                          const task::Context& context) {
  const DetectOptions options = TRY(ReadOptions(payload.options));
  task::Answer answer;
  answer.models = description_.models;
  StageTimer timer(clock_, answer);
  media::Picture picture =
      TRY(media::Decode(payload.bytes, LongestSideAtLeast(kDecodeMargin * options.input_size)));
  answer.image_width = picture.source_width;
  answer.image_height = picture.source_height;
  timer.Ended("decode");
  const std::vector<vision::ScoredBox> faces = TRY(detector_.Detect(picture, options, context));
  timer.Ended("detect");
  picture = TRY(SharpenFor(faces, std::move(picture), payload));
  timer.Ended("decode");
  std::vector<tensor::Image> crops =
      vision::CropFaces(picture.View(), BoxesOf(faces), classifier_.input_size());
  timer.Ended("crop");
  std::vector<std::vector<task::Labelled>> emotions =
      TRY(classifier_.Classify(std::move(crops), context));
  timer.Ended("classify");
  for (std::size_t i = 0; i < faces.size(); ++i) {
    answer.faces.push_back(ToFace(faces[i], std::move(emotions[i])));
  }
  return answer;
}

}  // namespace perigee::pipeline
