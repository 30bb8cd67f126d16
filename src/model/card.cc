#include "model/card.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <ranges>
#include <utility>

namespace perigee::model {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBytesMax = 1 << 20;
constexpr std::size_t kTensorsMax = 64;
constexpr std::size_t kRankMax = 8;
constexpr std::size_t kLabelsMax = 100'000;
constexpr std::size_t kListMax = 64;
constexpr std::int64_t kDimensionMax = std::int64_t{1} << 31;

// One table of the card and how to name it in an error: "inputs[0]." before its keys.
struct Scope {
  const toml::table& table;
  std::string_view origin;
  std::string prefix;
};

Error Bad(const Scope& scope, std::string_view key, std::string_view why) {
  return InvalidArgument(
      fmt::format("read model card {}: key {}{}: {}", scope.origin, scope.prefix, key, why));
}

// Empty if absent.
Result<std::string> Text(const Scope& scope, std::string_view key) {
  const toml::node* node = scope.table.get(key);
  if (node == nullptr) return std::string();
  if (!node->is_string()) return Fail(Bad(scope, key, "must be text"));
  return **node->as_string();
}

Result<std::string> RequiredText(const Scope& scope, std::string_view key) {
  std::string text = TRY(Text(scope, key));
  if (text.empty()) return Fail(Bad(scope, key, "is missing or empty"));
  return text;
}

Result<int> Integer(const Scope& scope, std::string_view key, int fallback, int minimum) {
  const toml::node* node = scope.table.get(key);
  if (node == nullptr) return fallback;
  const std::int64_t value = node->is_integer() ? **node->as_integer() : -1;
  if (value < minimum || value > 1'000'000) {
    return Fail(Bad(scope, key, fmt::format("must be a whole number from {}", minimum)));
  }
  return static_cast<int>(value);
}

Result<float> Fraction(const Scope& scope, std::string_view key, float fallback) {
  const toml::node* node = scope.table.get(key);
  if (node == nullptr) return fallback;
  const double value = node->is_number() ? *node->value<double>() : -1;
  if (!(value >= 0 && value <= 1)) return Fail(Bad(scope, key, "must be a number from 0 to 1"));
  return static_cast<float>(value);
}

// Null if absent.
Result<const toml::array*> List(const Scope& scope, std::string_view key, std::size_t size_max) {
  const toml::node* node = scope.table.get(key);
  if (node == nullptr) return nullptr;
  if (!node->is_array()) return Fail(Bad(scope, key, "must be a list"));
  if (node->as_array()->size() > size_max) {
    return Fail(Bad(scope, key, fmt::format("has more than {} elements", size_max)));
  }
  return node->as_array();
}

Result<const toml::table*> Table(const Scope& scope, std::string_view key) {
  const toml::node* node = scope.table.get(key);
  if (node == nullptr) return nullptr;
  if (!node->is_table()) return Fail(Bad(scope, key, "must be a table"));
  return node->as_table();
}

Result<tensor::Shape> ReadShape(const Scope& scope) {
  const toml::array* list = TRY(List(scope, "shape", kRankMax));
  if (list == nullptr) return Fail(Bad(scope, "shape", "is missing"));
  tensor::Shape shape;
  for (const toml::node& node : *list) {
    const std::int64_t dimension = node.is_integer() ? **node.as_integer() : 0;
    if (dimension != -1 && (dimension < 1 || dimension > kDimensionMax)) {
      return Fail(Bad(scope, "shape", "dimensions are whole numbers from 1, or -1 for any"));
    }
    shape.push_back(dimension);
  }
  return shape;
}

Result<TensorSpec> ReadSpec(const Scope& scope) {
  TensorSpec spec;
  spec.name = TRY(RequiredText(scope, "name"));
  const std::string dtype = TRY(RequiredText(scope, "dtype"));
  const auto parsed = tensor::ParseDType(dtype);
  if (!parsed)
    return Fail(Bad(scope, "dtype", dtype + " is no type of the Open Inference Protocol"));
  spec.dtype = *parsed;
  spec.shape = TRY(ReadShape(scope));
  return spec;
}

Result<std::vector<TensorSpec>> ReadSpecs(const Scope& scope, std::string_view key) {
  std::vector<TensorSpec> specs;
  const toml::array* list = TRY(List(scope, key, kTensorsMax));
  if (list == nullptr || list->empty()) return Fail(Bad(scope, key, "is missing"));
  for (const toml::node& node : *list) {
    if (!node.is_table()) return Fail(Bad(scope, key, "must be a list of tables"));
    const Scope inner{*node.as_table(), scope.origin, fmt::format("{}[{}].", key, specs.size())};
    TensorSpec spec = TRY(ReadSpec(inner));
    if (std::ranges::find(specs, spec.name, &TensorSpec::name) != specs.end()) {
      return Fail(Bad(inner, "name", spec.name + " is there twice"));
    }
    specs.push_back(std::move(spec));
  }
  return specs;
}

Result<Classifier> ReadClassifier(const Scope& scope) {
  Classifier classifier;
  const toml::array* list = TRY(List(scope, "labels", kLabelsMax));
  if (list == nullptr || list->empty()) return Fail(Bad(scope, "labels", "is missing"));
  for (const toml::node& node : *list) {
    if (!node.is_string()) return Fail(Bad(scope, "labels", "must be a list of texts"));
    classifier.labels.push_back(**node.as_string());
  }
  return classifier;
}

Result<Detector::Decode> ReadDecode(const Scope& scope) {
  const std::string decode = TRY(RequiredText(scope, "decode"));
  if (decode == "anchor_grid") return Detector::Decode::kAnchorGrid;
  if (decode == "boxes") return Detector::Decode::kBoxes;
  return Fail(Bad(scope, "decode", decode + " is neither anchor_grid nor boxes"));
}

Result<std::vector<std::array<float, 2>>> ReadAnchors(const Scope& scope) {
  std::vector<std::array<float, 2>> anchors;
  const toml::array* list = TRY(List(scope, "anchors", kListMax));
  if (list == nullptr) return anchors;
  for (const toml::node& node : *list) {
    const toml::array* pair = node.as_array();
    const bool numbers =
        pair != nullptr && pair->size() == 2 && (*pair)[0].is_number() && (*pair)[1].is_number();
    const float width = numbers ? *(*pair)[0].value<float>() : 0;
    const float height = numbers ? *(*pair)[1].value<float>() : 0;
    if (!(width > 0 && height > 0)) {
      return Fail(Bad(scope, "anchors", "must be a list of [width, height] above 0"));
    }
    anchors.push_back({width, height});
  }
  return anchors;
}

Result<std::vector<int>> ReadSizes(const Scope& scope, int multiple) {
  std::vector<int> sizes;
  const toml::array* list = TRY(List(scope, "sizes", kListMax));
  if (list == nullptr) return sizes;
  for (const toml::node& node : *list) {
    const std::int64_t size = node.is_integer() ? **node.as_integer() : 0;
    if (size < 1 || size > 16'384 || size % multiple != 0) {
      return Fail(Bad(scope, "sizes", fmt::format("must be multiples of {} pixels", multiple)));
    }
    sizes.push_back(static_cast<int>(size));
  }
  return sizes;
}

Result<Detector> ReadDetector(const Scope& scope) {
  Detector detector;
  detector.decode = TRY(ReadDecode(scope));
  detector.stride = TRY(Integer(scope, "stride", detector.stride, 1));
  detector.anchors = TRY(ReadAnchors(scope));
  detector.score_min = TRY(Fraction(scope, "score_min", detector.score_min));
  detector.iou_max = TRY(Fraction(scope, "iou_max", detector.iou_max));
  detector.size_multiple = TRY(Integer(scope, "size_multiple", detector.size_multiple, 1));
  detector.sizes = TRY(ReadSizes(scope, detector.size_multiple));
  detector.size_default = TRY(Integer(scope, "size_default", 0, 1));
  if (detector.decode == Detector::Decode::kAnchorGrid && detector.anchors.empty()) {
    return Fail(Bad(scope, "anchors", "is missing"));
  }
  if (detector.size_default < 1 || detector.size_default % detector.size_multiple != 0) {
    return Fail(Bad(scope, "size_default", "must be a multiple of size_multiple"));
  }
  if (detector.sizes.empty()) detector.sizes = {detector.size_default};
  return detector;
}

// The path may not leave the card's folder, wherever the card comes from.
Result<void> ReadFile(const Scope& scope, Card& card) {
  card.file = TRY(RequiredText(scope, "path"));
  const fs::path path(card.file);
  if (path.is_absolute() || std::ranges::find(path, fs::path("..")) != path.end()) {
    return Fail(Bad(scope, "path", "must stay below the card's folder"));
  }
  card.sha256 = TRY(Text(scope, "sha256"));
  const bool hexadecimal = std::ranges::all_of(
      card.sha256, [](unsigned char c) { return std::isxdigit(c) != 0 && std::isupper(c) == 0; });
  if (!card.sha256.empty() && (card.sha256.size() != 64 || !hexadecimal)) {
    return Fail(Bad(scope, "sha256", "must be 64 lower-case hexadecimal digits"));
  }
  return {};
}

Result<void> ReadTexts(const Scope& scope, Card& card) {
  card.name = TRY(RequiredText(scope, "name"));
  card.version = TRY(Integer(scope, "version", 1, 1));
  card.task = TRY(Text(scope, "task"));
  card.summary = TRY(Text(scope, "summary"));
  card.licence = TRY(Text(scope, "licence"));
  card.intended_use = TRY(Text(scope, "intended_use"));
  card.limits = TRY(Text(scope, "limits"));
  card.accuracy = TRY(Text(scope, "accuracy"));
  return {};
}

Result<void> GiveLabels(const Scope& scope, Card& card) {
  TensorSpec& output = card.outputs.front();
  const std::size_t count = card.classifier->labels.size();
  const std::int64_t classes = output.shape.empty() ? 1 : output.shape.back();
  if (classes != -1 && classes != static_cast<std::int64_t>(count)) {
    return Fail(
        Bad(scope, "labels",
            fmt::format("{} labels where output {} has {} classes", count, output.name, classes)));
  }
  output.labels = card.classifier->labels;
  return {};
}

Result<Card> ReadTables(const toml::table& root, std::string_view origin) {
  const Scope scope{root, origin, ""};
  Card card;
  TRY(ReadTexts(scope, card));
  const toml::table* file = TRY(Table(scope, "file"));
  if (file != nullptr) {
    TRY(ReadFile(Scope{*file, origin, "file."}, card));
  }
  card.inputs = TRY(ReadSpecs(scope, "inputs"));
  card.outputs = TRY(ReadSpecs(scope, "outputs"));
  const toml::table* classifier = TRY(Table(scope, "classifier"));
  if (classifier != nullptr) {
    const Scope inner{*classifier, origin, "classifier."};
    card.classifier = TRY(ReadClassifier(inner));
    TRY(GiveLabels(inner, card));
  }
  const toml::table* detector = TRY(Table(scope, "detector"));
  if (detector != nullptr) {
    card.detector = TRY(ReadDetector(Scope{*detector, origin, "detector."}));
  }
  return card;
}

}  // namespace

Result<Card> ParseCard(std::string_view toml, std::string_view origin) {
  toml::table root;
  try {
    root = toml::parse(toml, origin);
  } catch (const toml::parse_error& error) {
    return Fail(InvalidArgument(fmt::format("read model card {}: line {}: {}", origin,
                                            error.source().begin.line, error.description())));
  }
  return ReadTables(root, origin);
}

Result<Card> ReadCard(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream || fs::is_directory(path)) {
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
