// What the photograph's and the stream's way to faces have in common: how large to decode, when to
// decode once more, and how boxes and probabilities become an answer. Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "media/decode.h"
#include "task/answer.h"
#include "vision/box.h"

namespace perigee::pipeline {

// Names the stages and tells how long each took: the time since the stage before ended.
class StageTimer {
 public:
  StageTimer(const Clock& clock, task::Answer& answer);
  void Ended(std::string_view stage);

 private:
  const Clock& clock_;
  task::Answer& answer_;
  TimePoint since_;
};

// Large enough for a detector of that input, and for most of the faces it finds.
// `reuse` as media::Decode has it.
Result<media::Picture> DecodeToDetect(std::span<const std::byte> bytes, int detector_size,
                                      std::vector<std::uint8_t> reuse = {});

// The longest side, px, at which a picture of that longest side shows its smallest box with the
// pixels that a classifier of that input sees. No larger than the source.
int SideToClassify(std::span<const vision::Box> boxes, int source_longest, int classifier_size);

// `picture` itself, unless it was decoded to fewer pixels than the classifier needs for `boxes` and
// the source, `bytes`, has more.
Result<media::Picture> SharpenFor(std::span<const vision::Box> boxes, media::Picture picture,
                                  std::span<const std::byte> bytes, int classifier_size);

std::vector<vision::Box> BoxesOf(std::span<const vision::ScoredBox> faces);

// `probabilities` may be empty: a face whose expression is not known.
task::Face ToFace(const vision::ScoredBox& found, std::vector<task::Labelled> probabilities);

}  // namespace perigee::pipeline
