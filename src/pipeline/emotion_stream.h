// What task "emotion" remembers of one camera between frames, and the life of a frame there: the
// detector sees every Nth, boxes are followed between, faces keep their identity and their last
// expression, and a frame that shows nothing new is answered by the answer before.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "media/decode.h"
#include "media/luma.h"
#include "pipeline/face_steps.h"
#include "pipeline/live_session.h"
#include "pipeline/stages/classifier.h"
#include "pipeline/stages/face_detector.h"
#include "pipeline/stages/pixel_pool.h"
#include "task/task.h"
#include "vision/change_gate.h"
#include "vision/tracker.h"

namespace perigee::pipeline {

struct StreamOptions {
  DetectOptions detect;
  int detect_every = 5;    // frames; 1: the detector sees each
  int classify_every = 3;  // frames; a face that is new is classified at once
  bool change_gate = true;
};

// The options of a stream that a photograph has not.
std::vector<task::OptionSpec> StreamOptionTable();
// `detect` as for a photograph. Reads what StreamOptionTable names; CheckOptions came before.
StreamOptions ReadStreamOptions(const task::Options& options, const DetectOptions& detect);

// Not thread-safe: one frame at a time, in order.
class EmotionStream {
 public:
  // Borrowed; all outlive the stream.
  struct Stages {
    const FaceDetector& detector;
    const Classifier& classifier;
    const std::vector<task::ModelVersion>& models;
    const Clock& clock;
    PixelPool& pictures;
  };

  EmotionStream(const Stages& stages, const StreamOptions& options);

  LiveSession::Reply Next(const task::Frame& frame, const task::Context& context);

 private:
  // A frame as far as it was decoded.
  struct Look {
    media::Luma luma;
    std::optional<media::Picture> picture;
  };

  Result<LiveSession::Reply> Answer(std::span<const std::byte> bytes, const task::Context& context);
  Result<Look> LookAt(std::span<const std::byte> bytes) const;
  void StartOverIfResized(const media::Luma& luma);
  Result<void> Detect(std::span<const std::byte> bytes, Look& look, const task::Context& context);
  Result<void> Classify(std::span<const std::byte> bytes, Look& look, const task::Context& context,
                        StageTimer& timer);
  std::vector<vision::Track> ToClassify() const;
  void FillFaces(task::Answer& answer) const;
  void Count();

  const Stages stages_;
  const StreamOptions options_;
  vision::Tracker tracker_;
  vision::ChangeGate gate_;
  std::map<std::uint64_t, std::vector<task::Labelled>> expressions_;  // by track
  task::Answer last_;
  bool still_ = false;      // the last frame was unchanged
  int until_detect_ = 0;    // frames; 0: the next one is due
  int until_classify_ = 0;  // frames
  int width_ = 0;           // of the last frame's source, px
  int height_ = 0;
};

}  // namespace perigee::pipeline
