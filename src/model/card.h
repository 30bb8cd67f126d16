// The model card: models/<name>/card.toml read into values. It tells a pipeline all that it needs
// (input size, labels, thresholds, how to decode), so that a better model is a file and a card,
// never code. Every key is in docs/howto/bring-a-model.md. Immutable once read.
#pragma once

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/golden.h"
#include "model/model.h"
#include "model/serving_table.h"

namespace perigee::model {

struct Classifier {
  std::vector<std::string> labels;  // in the order of the last output dimension
};

struct Detector {
  enum class Decode {
    kAnchorGrid,  // one output [N, H/stride, W/stride, anchors * 5]: x, y, w, h, objectness
    kBoxes,       // outputs "boxes" [N, K, 4] x1,y1,x2,y2 in input pixels, "scores" [N, K]
  };
  Decode decode = Decode::kAnchorGrid;
  int stride = 32;
  std::vector<std::array<float, 2>> anchors;  // width, height in grid cells
  float score_min = 0.5F;
  float iou_max = 0.4F;
  std::vector<int> sizes;  // input sizes worth offering; the input is square
  int size_default = 0;
  int size_multiple = 1;  // an input size must be a multiple of this
};

struct Card {
  std::string name;
  int version = 1;
  std::string task;  // "classification", "detection", ""
  std::string summary;
  std::string licence;
  std::string intended_use;
  std::string limits;
  std::string accuracy;
  std::string file;    // relative to the card, "1/model.onnx"
  std::string sha256;  // of the file, hexadecimal; empty: not checked
  std::vector<TensorSpec> inputs;
  std::vector<TensorSpec> outputs;
  std::optional<Classifier> classifier;
  std::optional<Detector> detector;
  ServingTable serving;
  std::vector<Golden> golden;
};

// InvalidArgument names file, key and what is wrong with it.
Result<Card> ParseCard(std::string_view toml, std::string_view origin);
Result<Card> ReadCard(const std::filesystem::path& path);

}  // namespace perigee::model
