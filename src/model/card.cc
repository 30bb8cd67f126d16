#include "model/card.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <utility>

#include "model/card_scope.h"
#include "model/card_serving.h"

namespace perigee::model {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBytesMax = 1 << 20;
constexpr std::size_t kTensorsMax = 64;
constexpr std::size_t kRankMax = 8;
constexpr std::size_t kLabelsMax = 100'000;
constexpr std::size_t kListMax = 64;
constexpr std::int64_t kDimensionMax = std::int64_t{1} << 31;

Result<tensor::Shape> ReadShape(const CardScope& scope) {
  if (!scope.Has("shape")) return Fail(scope.Bad("shape", "is missing"));
  tensor::Shape shape = TRY(scope.Integers("shape", kRankMax));
  for (const std::int64_t dimension : shape) {
    if (dimension != -1 && (dimension < 1 || dimension > kDimensionMax)) {
      return Fail(scope.Bad("shape", "dimensions are whole numbers from 1, or -1 for any"));
    }
  }
  return shape;
}

Result<TensorSpec> ReadSpec(const CardScope& scope) {
  TensorSpec spec;
  spec.name = TRY(scope.RequiredText("name"));
  const std::string dtype = TRY(scope.RequiredText("dtype"));
  const auto parsed = tensor::ParseDType(dtype);
  if (!parsed) {
    return Fail(scope.Bad("dtype", dtype + " is no type of the Open Inference Protocol"));
  }
  spec.dtype = *parsed;
  spec.shape = TRY(ReadShape(scope));
  return spec;
}

Result<std::vector<TensorSpec>> ReadSpecs(const CardScope& scope, std::string_view key) {
  std::vector<TensorSpec> specs;
  const std::vector<CardScope> tables = TRY(scope.Tables(key, kTensorsMax));
  if (tables.empty()) return Fail(scope.Bad(key, "is missing"));
  for (const CardScope& table : tables) {
    TensorSpec spec = TRY(ReadSpec(table));
    if (std::ranges::find(specs, spec.name, &TensorSpec::name) != specs.end()) {
      return Fail(table.Bad("name", spec.name + " is there twice"));
    }
    specs.push_back(std::move(spec));
  }
  return specs;
}

Result<Classifier> ReadClassifier(const CardScope& scope) {
  Classifier classifier;
  classifier.labels = TRY(scope.Texts("labels", kLabelsMax));
  if (classifier.labels.empty()) return Fail(scope.Bad("labels", "is missing"));
  return classifier;
}

Result<Detector::Decode> ReadDecode(const CardScope& scope) {
  const std::string decode = TRY(scope.RequiredText("decode"));
  if (decode == "anchor_grid") return Detector::Decode::kAnchorGrid;
  if (decode == "boxes") return Detector::Decode::kBoxes;
  return Fail(scope.Bad("decode", decode + " is neither anchor_grid nor boxes"));
}

Result<std::vector<std::array<float, 2>>> ReadAnchors(const CardScope& scope) {
  std::vector<std::array<float, 2>> anchors;
  const std::vector<std::vector<double>> pairs = TRY(scope.NumberLists("anchors", kListMax));
  for (const std::vector<double>& pair : pairs) {
    if (pair.size() != 2 || !(pair[0] > 0 && pair[1] > 0)) {
      return Fail(scope.Bad("anchors", "must be a list of [width, height] above 0"));
    }
    anchors.push_back({static_cast<float>(pair[0]), static_cast<float>(pair[1])});
  }
  return anchors;
}

Result<std::vector<int>> ReadSizes(const CardScope& scope, int multiple) {
  std::vector<int> sizes;
  const std::vector<std::int64_t> list = TRY(scope.Integers("sizes", kListMax));
  for (const std::int64_t size : list) {
    if (size < 1 || size > 16'384 || size % multiple != 0) {
      return Fail(scope.Bad("sizes", fmt::format("must be multiples of {} pixels", multiple)));
    }
    sizes.push_back(static_cast<int>(size));
  }
  return sizes;
}

Result<Detector> ReadDetector(const CardScope& scope) {
  Detector detector;
  detector.decode = TRY(ReadDecode(scope));
  detector.stride = TRY(scope.Integer("stride", detector.stride, 1));
  detector.anchors = TRY(ReadAnchors(scope));
  detector.score_min = TRY(scope.Fraction("score_min", detector.score_min));
  detector.iou_max = TRY(scope.Fraction("iou_max", detector.iou_max));
  detector.size_multiple = TRY(scope.Integer("size_multiple", detector.size_multiple, 1));
  detector.sizes = TRY(ReadSizes(scope, detector.size_multiple));
  detector.size_default = TRY(scope.Integer("size_default", 0, 1));
  if (detector.decode == Detector::Decode::kAnchorGrid && detector.anchors.empty()) {
    return Fail(scope.Bad("anchors", "is missing"));
  }
  if (detector.size_default < 1 || detector.size_default % detector.size_multiple != 0) {
    return Fail(scope.Bad("size_default", "must be a multiple of size_multiple"));
  }
  if (detector.sizes.empty()) detector.sizes = {detector.size_default};
  return detector;
}

// The path may not leave the card's folder, wherever the card comes from.
Result<void> ReadFile(const CardScope& scope, Card& card) {
  card.file = TRY(scope.RequiredText("path"));
  const fs::path path(card.file);
  if (path.is_absolute() || std::ranges::find(path, fs::path("..")) != path.end()) {
    return Fail(scope.Bad("path", "must stay below the card's folder"));
  }
  card.sha256 = TRY(scope.Text("sha256"));
  const bool hexadecimal = std::ranges::all_of(
      card.sha256, [](unsigned char c) { return std::isxdigit(c) != 0 && std::isupper(c) == 0; });
  if (!card.sha256.empty() && (card.sha256.size() != 64 || !hexadecimal)) {
    return Fail(scope.Bad("sha256", "must be 64 lower-case hexadecimal digits"));
  }
  return {};
}

Result<void> ReadTexts(const CardScope& scope, Card& card) {
  card.name = TRY(scope.RequiredText("name"));
  card.version = TRY(scope.Integer("version", 1, 1));
  card.task = TRY(scope.Text("task"));
  card.summary = TRY(scope.Text("summary"));
  card.licence = TRY(scope.Text("licence"));
  card.intended_use = TRY(scope.Text("intended_use"));
  card.limits = TRY(scope.Text("limits"));
  card.accuracy = TRY(scope.Text("accuracy"));
  return {};
}

Result<void> GiveLabels(const CardScope& scope, Card& card) {
  TensorSpec& output = card.outputs.front();
  const std::size_t count = card.classifier->labels.size();
  const std::int64_t classes = output.shape.empty() ? 1 : output.shape.back();
  if (classes != -1 && classes != static_cast<std::int64_t>(count)) {
    return Fail(scope.Bad("labels", fmt::format("{} labels where output {} has {} classes", count,
                                                output.name, classes)));
  }
  output.labels = card.classifier->labels;
  return {};
}

Result<Card> ReadTables(const CardScope& scope) {
  Card card;
  TRY(ReadTexts(scope, card));
  const std::optional<CardScope> file = TRY(scope.Table("file"));
  if (file) TRY(ReadFile(*file, card));
  card.inputs = TRY(ReadSpecs(scope, "inputs"));
  card.outputs = TRY(ReadSpecs(scope, "outputs"));
  const std::optional<CardScope> classifier = TRY(scope.Table("classifier"));
  if (classifier) {
    card.classifier = TRY(ReadClassifier(*classifier));
    TRY(GiveLabels(*classifier, card));
  }
  const std::optional<CardScope> detector = TRY(scope.Table("detector"));
  if (detector) card.detector = TRY(ReadDetector(*detector));
  card.serving = TRY(ReadServing(scope));
  card.golden = TRY(ReadGolden(scope));
  return card;
}

}  // namespace

Result<Card> ParseCard(std::string_view toml, std::string_view origin) {
  const CardScope root = TRY(CardScope::Parse(toml, origin));
  return ReadTables(root);
}

Result<Card> ReadCard(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  std::error_code error;
  if (!stream || fs::is_directory(path, error)) {
    return Fail(NotFound(fmt::format("read model card {}: cannot be opened", path.string())));
  }
  std::string text(kBytesMax + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  if (text.size() > kBytesMax) {
    return Fail(InvalidArgument(fmt::format("read model card {}: over 1 MiB", path.string())));
  }
  return ParseCard(text, path.string());
}

}  // namespace perigee::model
