#include "pipeline/emotion_stream.h"

#include <algorithm>
#include <string>
#include <utility>

#include "task/options.h"
#include "vision/crop.h"

namespace perigee::pipeline {
namespace {

constexpr std::string_view kDetectEvery = "detect_every";
constexpr std::string_view kClassifyEvery = "classify_every";
constexpr std::string_view kChangeGate = "change_gate";
constexpr int kEveryMax = 1000;
// The tracker sees the frame at this fraction; the change gate makes its 1/8 of the same plane.
constexpr int kLumaFactor = 4;

bool InSight(const vision::Track& track) { return track.lost_for == 0; }

vision::TrackerOptions TrackerOptionsFor(const StreamOptions& options) {
  vision::TrackerOptions tracker;
  const auto faces_max = static_cast<std::size_t>(options.detect.faces_max);
  tracker.tracks_max = std::min(tracker.tracks_max, faces_max);
  return tracker;
}

}  // namespace

std::vector<task::OptionSpec> StreamOptionTable() {
  return {
      {std::string(kDetectEvery), "integer", 1, kEveryMax,
       "The detector sees one frame in so many; faces are followed between."},
      {std::string(kClassifyEvery), "integer", 1, kEveryMax,
       "Expressions are classified on one frame in so many, and at once on a new face."},
      {std::string(kChangeGate), "integer", 0, 1,
       "1: a frame that shows nothing new is answered by the answer before."},
  };
}

StreamOptions ReadStreamOptions(const task::Options& options, const DetectOptions& detect) {
  StreamOptions read;
  read.detect = detect;
  read.detect_every = static_cast<int>(task::NumberOr(options, kDetectEvery, read.detect_every));
  read.classify_every =
      static_cast<int>(task::NumberOr(options, kClassifyEvery, read.classify_every));
  read.change_gate = task::NumberOr(options, kChangeGate, 1) > 0;
  return read;
}

EmotionStream::EmotionStream(const Stages& stages, const StreamOptions& options)
    : stages_(stages), options_(options), tracker_(TrackerOptionsFor(options)) {}

LiveSession::Reply EmotionStream::Next(const task::Frame& frame, const task::Context& context) {
  Result<LiveSession::Reply> reply = Answer(frame.picture(), context);
  if (reply) return *std::move(reply);
  return {LiveSession::Outcome::kFailed, Fail(std::move(reply).error())};
}

// The life of one frame. Nothing is counted of one that fails, so that the next makes up for it.
Result<LiveSession::Reply> EmotionStream::Answer(std::span<const std::byte> bytes,
                                                 const task::Context& context) {
  task::Answer answer;
  answer.models = stages_.models;
  StageTimer timer(stages_.clock, answer);
  Look look = TRY(LookAt(bytes));
  StartOverIfResized(look.luma);
  answer.image_width = width_;
  answer.image_height = height_;
  timer.Ended("decode");
  still_ = options_.change_gate && !gate_.Changed(look.luma.View());
  if (still_) {
    last_.stages = std::move(answer.stages);
    return LiveSession::Reply{LiveSession::Outcome::kUnchanged, last_};
  }
  const bool detects = until_detect_ <= 0;
  if (detects) {
    TRY(Detect(bytes, look, context));
    timer.Ended("detect");
  } else {
    tracker_.Follow(look.luma.View());
    timer.Ended("track");
  }
  TRY(Classify(bytes, look, context, timer));
  if (look.picture) stages_.pictures.GiveBack(std::move(look.picture->image.pixels));
  FillFaces(answer);
  Count();
  gate_.Answered(look.luma.View());
  last_ = std::move(answer);
  return LiveSession::Reply{
      detects ? LiveSession::Outcome::kAnswered : LiveSession::Outcome::kTracked, last_};
}

// Reading a JPEG costs most of what decoding it does, so it is read once: in colour when a stage
// will want that, and its brightness taken from there. Not in a scene that stood still: there the
// brightness alone will probably do.
Result<EmotionStream::Look> EmotionStream::LookAt(std::span<const std::byte> bytes) const {
  const bool detects = until_detect_ <= 0;
  if (still_ || (!detects && until_classify_ > 0)) {
    media::Luma alone = TRY(media::DecodeLuma(bytes, kLumaFactor));
    return Look{std::move(alone), std::nullopt};
  }
  media::Picture picture =
      TRY(DecodeToDetect(bytes, options_.detect.input_size, stages_.pictures.Take()));
  media::Luma luma = media::LumaOf(picture, kLumaFactor);
  return Look{std::move(luma), std::move(picture)};
}

void EmotionStream::StartOverIfResized(const media::Luma& luma) {
  if (luma.source_width == width_ && luma.source_height == height_) return;
  width_ = luma.source_width;
  height_ = luma.source_height;
  tracker_.Forget();
  gate_.Forget();
  expressions_.clear();
  until_detect_ = until_classify_ = 0;
}

Result<void> EmotionStream::Detect(std::span<const std::byte> bytes, Look& look,
                                   const task::Context& context) {
  if (!look.picture) look.picture = TRY(DecodeToDetect(bytes, options_.detect.input_size));
  const std::vector<vision::ScoredBox> faces =
      TRY(stages_.detector.Detect(*look.picture, options_.detect, context));
  tracker_.Detected(look.luma.View(), faces);
  until_detect_ = options_.detect_every;
  return {};
}

Result<void> EmotionStream::Classify(std::span<const std::byte> bytes, Look& look,
                                     const task::Context& context, StageTimer& timer) {
  std::erase_if(expressions_, [&](const auto& known) {
    return std::ranges::find(tracker_.tracks(), known.first, &vision::Track::id) ==
           tracker_.tracks().end();
  });
  const std::vector<vision::Track> tracks = ToClassify();
  const bool due = until_classify_ <= 0;
  if (!tracks.empty()) {
    std::vector<vision::Box> boxes;
    for (const vision::Track& track : tracks) boxes.push_back(track.box);
    if (!look.picture) look.picture = TRY(DecodeToDetect(bytes, options_.detect.input_size));
    const int side = stages_.classifier.input_size();
    look.picture = TRY(SharpenFor(boxes, *std::move(look.picture), bytes, side));
    timer.Ended("decode");
    std::vector<tensor::Image> crops = vision::CropFaces(look.picture->View(), boxes, side);
    timer.Ended("crop");
    auto emotions = TRY(stages_.classifier.Classify(std::move(crops), context));
    timer.Ended("classify");
    for (std::size_t i = 0; i < tracks.size(); ++i) {
      expressions_[tracks[i].id] = std::move(emotions[i]);
    }
  }
  if (due) until_classify_ = options_.classify_every;
  return {};
}

// All that are in sight when that is due, otherwise those that never were classified.
std::vector<vision::Track> EmotionStream::ToClassify() const {
  std::vector<vision::Track> tracks;
  for (const vision::Track& track : tracker_.tracks()) {
    if (InSight(track) && (until_classify_ <= 0 || !expressions_.contains(track.id))) {
      tracks.push_back(track);
    }
  }
  return tracks;
}

void EmotionStream::FillFaces(task::Answer& answer) const {
  for (const vision::Track& track : tracker_.tracks()) {
    if (!InSight(track)) continue;
    const auto known = expressions_.find(track.id);
    task::Face face =
        ToFace({track.box, track.score},
               known == expressions_.end() ? std::vector<task::Labelled>{} : known->second);
    face.track = track.id;
    answer.faces.push_back(std::move(face));
  }
  std::ranges::stable_sort(answer.faces, std::ranges::greater{}, &task::Face::score);
}

// A face just lost may only have turned: the detector is asked at once, but not again and again
// while it stays hidden.
void EmotionStream::Count() {
  --until_detect_;
  --until_classify_;
  const auto just_lost = [](const vision::Track& track) { return track.lost_for == 1; };
  if (std::ranges::any_of(tracker_.tracks(), just_lost)) until_detect_ = 0;
}

}  // namespace perigee::pipeline
