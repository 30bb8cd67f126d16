#include "pipeline/emotion.h"

#include <algorithm>
#include <utility>

#include "pipeline/emotion_stream.h"
#include "pipeline/face_steps.h"
#include "task/options.h"
#include "vision/crop.h"

namespace perigee::pipeline {
namespace {

constexpr std::string_view kMinScore = "min_score";
constexpr std::string_view kFacesMax = "faces_max";
constexpr std::string_view kDetectorSize = "detector_size";
constexpr int kFacesMaxDefault = 100;
// Of pictures kept for the next: nine of 640x480, or one of 1920x1080.
constexpr std::size_t kPictureBytesMax = std::size_t{8} << 20U;

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

// All that a stream may be told.
task::Description StreamDescription(task::Description description) {
  description.options.insert(description.options.end(), description.stream_options.begin(),
                             description.stream_options.end());
  return description;
}

}  // namespace

Result<std::unique_ptr<EmotionPipeline>> EmotionPipeline::Open(const ModelWithCard& detector,
                                                               const ModelWithCard& classifier,
                                                               const Clock& clock,
                                                               task::Seat::Post post,
                                                               StageBudget::RunsAhead ahead) {
  FaceDetector faces = TRY(FaceDetector::Open(*detector.model, detector.card));
  Classifier emotions = TRY(Classifier::Open(*classifier.model, classifier.card));
  std::unique_ptr<EmotionPipeline> pipeline(
      new EmotionPipeline({detector.model, classifier.model}, std::move(faces), std::move(emotions),
                          std::move(ahead), clock));
  if (post) pipeline->description_.stream_options = StreamOptionTable();
  pipeline->post_ = std::move(post);
  return pipeline;
}

EmotionPipeline::EmotionPipeline(std::vector<model::SharedModel> models, FaceDetector detector,
                                 Classifier classifier, StageBudget::RunsAhead ahead,
                                 const Clock& clock)
    : models_(std::move(models)),
      detector_(std::move(detector)),
      classifier_(std::move(classifier)),
      clock_(clock),
      pictures_(kPictureBytesMax),
      budget_({{"decode"}, {"detect", models_[0].get()}, {"crop"}, {"classify", models_[1].get()}},
              std::move(ahead), clock) {
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
  DetectOptions detect;
  detect.score_min = static_cast<float>(
      task::NumberOr(options, kMinScore, static_cast<double>(detector_.card().score_min)));
  detect.faces_max = static_cast<int>(task::NumberOr(options, kFacesMax, kFacesMaxDefault));
  detect.input_size =
      static_cast<int>(task::NumberOr(options, kDetectorSize, detector_.card().size_default));
  TRY(detector_.CheckInputSize(detect.input_size));
  return detect;
}

// The life of one photograph. Each stage is a room; read it top to bottom.
Result<task::Answer> EmotionPipeline::Run(const task::Payload& payload,
                                          const task::Context& context) {
  TRY(task::CheckOptions(payload.options, description_));
  const DetectOptions options = TRY(ReadOptions(payload.options));
  task::Answer answer;
  answer.models = description_.models;
  StageTimer timer(clock_, answer);
  StageBudget::Run budget(budget_, context);
  TRY(budget.Begin());
  media::Picture picture = TRY(DecodeToDetect(payload.bytes, options.input_size, pictures_.Take()));
  answer.image_width = picture.source_width;
  answer.image_height = picture.source_height;
  timer.Ended("decode");
  budget.End();
  const task::Context detecting = TRY(budget.Begin());
  const std::vector<vision::ScoredBox> faces = TRY(detector_.Detect(picture, options, detecting));
  timer.Ended("detect");
  budget.End();
  TRY(budget.Begin());
  const std::vector<vision::Box> boxes = BoxesOf(faces);
  picture = TRY(SharpenFor(boxes, std::move(picture), payload.bytes, classifier_.input_size()));
  timer.Ended("decode");
  std::vector<tensor::Image> crops =
      vision::CropFaces(picture.View(), boxes, classifier_.input_size());
  pictures_.GiveBack(std::move(picture.image.pixels));
  timer.Ended("crop");
  budget.End();
  const task::Context classifying = TRY(budget.Begin());
  std::vector<std::vector<task::Labelled>> emotions =
      TRY(classifier_.Classify(std::move(crops), classifying));
  timer.Ended("classify");
  budget.End();
  for (std::size_t i = 0; i < faces.size(); ++i) {
    answer.faces.push_back(ToFace(faces[i], std::move(emotions[i])));
  }
  return answer;
}

// Each stream has its own state, one frame of it at a time on the task's threads.
Result<std::unique_ptr<task::Session>> EmotionPipeline::OpenSession(const task::Options& options,
                                                                    const task::Context& context,
                                                                    task::Session::Sink sink) {
  if (!post_) return Task::OpenSession(options, context, std::move(sink));
  TRY(task::CheckOptions(options, StreamDescription(description_)));
  const DetectOptions detect = TRY(ReadOptions(options));
  EmotionStream stream({detector_, classifier_, description_.models, clock_, pictures_},
                       ReadStreamOptions(options, detect));
  return std::make_unique<LiveSession>(
      [stream = std::move(stream)](const task::Frame& frame,
                                   const task::Context& of_frame) mutable {
        return stream.Next(frame, of_frame);
      },
      LiveSession::Stream{context, post_, std::move(sink)}, clock_);
}

}  // namespace perigee::pipeline
