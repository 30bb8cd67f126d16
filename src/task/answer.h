// What a face task answers. Plain values; wire/ turns them into bytes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"

namespace perigee::task {

// Pixels of the upright source picture, origin top left. May reach past the border.
struct Box {
  float x = 0;
  float y = 0;
  float width = 0;
  float height = 0;
};

struct Labelled {
  std::string label;
  float probability = 0;  // 0..1
};

struct Face {
  Box box;
  float score = 0;                      // 0..1, the detector's
  std::string emotion;                  // the label with the largest probability
  std::vector<Labelled> probabilities;  // in the classifier's own order; they sum to 1
  std::uint64_t track = 0;              // the same face in other frames of a stream; 0: not tracked
};

struct StageTime {
  std::string stage;  // "decode", "detect", "crop", "classify"
  Duration duration{};
};

struct ModelVersion {
  std::string name;
  std::string version;
};

struct Answer {
  int image_width = 0;  // of the upright source picture
  int image_height = 0;
  std::vector<Face> faces;  // best score first
  std::vector<ModelVersion> models;
  std::vector<StageTime> stages;
};

}  // namespace perigee::task
