#include "model/card_serving.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace perigee::model {
namespace {

constexpr std::size_t kVersionsMax = 64;
constexpr std::size_t kGoldenMax = 16;
constexpr std::size_t kTensorsMax = 64;
constexpr std::size_t kRankMax = 8;
constexpr std::size_t kValuesMax = 65'536;
constexpr std::size_t kEstimatesMax = 64;
constexpr double kToleranceDefault = 1e-3;

Result<void> CheckKeys(const CardScope& scope, std::span<const std::string_view> known) {
  for (const std::string& key : scope.Keys()) {
    if (std::ranges::find(known, key) != known.end()) continue;
    return Fail(scope.Bad(key, fmt::format("is unknown here; there are {}",
                                           fmt::join(known.begin(), known.end(), ", "))));
  }
  return {};
}

// 0 if it is none from 1 to a million.
int WholeNumber(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && number >= 1 && number <= 1'000'000 ? number : 0;
}

// "all", "latest 2", or a list of numbers.
Result<std::optional<VersionPolicy>> ReadVersions(const CardScope& scope) {
  if (!scope.Has("versions")) return std::nullopt;
  constexpr std::string_view kLatest = "latest ";
  VersionPolicy policy;
  if (scope.IsList("versions")) {
    policy.kind = VersionPolicy::Kind::kSpecific;
    const std::vector<std::int64_t> list = TRY(scope.Integers("versions", kVersionsMax));
    for (const std::int64_t version : list) {
      if (version < 1 || version > 2'147'483'647) {
        return Fail(scope.Bad("versions", "a version is a whole number from 1"));
      }
      policy.versions.push_back(static_cast<int>(version));
    }
    if (policy.versions.empty()) return Fail(scope.Bad("versions", "names none"));
    return policy;
  }
  const std::string text = TRY(scope.Text("versions"));
  if (text == "all") return policy;
  policy.kind = VersionPolicy::Kind::kLatest;
  policy.latest = text.starts_with(kLatest) ? WholeNumber(text.substr(kLatest.size())) : 0;
  if (policy.latest > 0) return policy;
  return Fail(scope.Bad("versions", R"(must be "all", "latest 1" or a list of numbers)"));
}

// {"1" = 1500, "8" = 9000}: microseconds by rows.
Result<std::map<int, Duration>> ReadEstimate(const CardScope& scope) {
  std::map<int, Duration> estimate;
  const std::optional<CardScope> table = TRY(scope.Table("estimate_us"));
  if (!table) return estimate;
  for (const std::string& key : table->Keys()) {
    const int rows = WholeNumber(key);
    if (rows == 0 || estimate.size() >= kEstimatesMax) {
      return Fail(table->Bad(key, "is no number of rows, or one too many"));
    }
    const int microseconds = TRY(table->Integer(key, 0, 1));
    estimate[rows] = std::chrono::microseconds(microseconds);
  }
  return estimate;
}

// Folders beside the card's own: a name, never a path. It stands in answers as the version that
// gave them, so it must not look like one.
Result<std::vector<std::string>> ReadVariants(const CardScope& scope) {
  std::vector<std::string> variants = TRY(scope.Texts("variants", kVariantsMax));
  for (const std::string& name : variants) {
    if (name.empty() || name.starts_with('.') || name.contains('/') || name.contains('\\')) {
      return Fail(scope.Bad("variants", "must be names of folders beside the card's"));
    }
    if (WholeNumber(name) > 0) return Fail(scope.Bad("variants", name + " is a version's name"));
    if (std::ranges::count(variants, name) > 1) {
      return Fail(scope.Bad("variants", "names " + name + " twice"));
    }
  }
  return variants;
}

Result<std::optional<Duration>> ReadWait(const CardScope& scope) {
  const std::optional<int> microseconds = TRY(scope.OptionalInteger("wait_max_us", 0));
  if (!microseconds) return std::nullopt;
  return Duration(std::chrono::microseconds(*microseconds));
}

Result<tensor::Shape> ReadConcreteShape(const CardScope& scope) {
  tensor::Shape shape = TRY(scope.Integers("shape", kRankMax));
  if (std::ranges::any_of(shape, [](std::int64_t size) { return size < 1; })) {
    return Fail(scope.Bad("shape", "dimensions are whole numbers from 1"));
  }
  return shape;
}

Result<GoldenInput> ReadInput(const CardScope& scope) {
  constexpr auto kKeys = std::to_array<std::string_view>({"name", "shape"});
  TRY(CheckKeys(scope, kKeys));
  GoldenInput input;
  input.name = TRY(scope.RequiredText("name"));
  input.shape = TRY(ReadConcreteShape(scope));
  return input;
}

Result<GoldenOutput> ReadOutput(const CardScope& scope) {
  constexpr auto kKeys = std::to_array<std::string_view>({"name", "values", "texts"});
  TRY(CheckKeys(scope, kKeys));
  GoldenOutput output;
  output.name = TRY(scope.RequiredText("name"));
  output.values = TRY(scope.Numbers("values", kValuesMax));
  output.texts = TRY(scope.Texts("texts", kValuesMax));
  if (output.values.empty() == output.texts.empty()) {
    return Fail(scope.Bad("values", "either values or texts are needed"));
  }
  return output;
}

Result<double> ReadTolerance(const CardScope& scope) {
  if (!scope.Has("tolerance")) return kToleranceDefault;
  const float tolerance = TRY(scope.Fraction("tolerance", 0));
  return static_cast<double>(tolerance);
}

Result<Golden::Fill> ReadFill(const CardScope& scope) {
  const std::string fill = TRY(scope.RequiredText("fill"));
  if (fill == "zero") return Golden::Fill::kZero;
  if (fill == "random") return Golden::Fill::kRandom;
  return Fail(scope.Bad("fill", fill + " is neither zero nor random"));
}

Result<Golden> ReadOne(const CardScope& scope) {
  constexpr auto kKeys = std::to_array<std::string_view>(
      {"version", "fill", "seed", "inputs", "outputs", "tolerance"});
  TRY(CheckKeys(scope, kKeys));
  Golden golden;
  golden.version = TRY(scope.Integer("version", 0, 1));
  golden.fill = TRY(ReadFill(scope));
  const int seed = TRY(scope.Integer("seed", 0, 0));
  golden.seed = static_cast<std::uint64_t>(seed);
  golden.tolerance = TRY(ReadTolerance(scope));
  const std::vector<CardScope> inputs = TRY(scope.Tables("inputs", kTensorsMax));
  for (const CardScope& table : inputs) {
    GoldenInput input = TRY(ReadInput(table));
    golden.inputs.push_back(std::move(input));
  }
  const std::vector<CardScope> outputs = TRY(scope.Tables("outputs", kTensorsMax));
  if (outputs.empty()) return Fail(scope.Bad("outputs", "is missing"));
  for (const CardScope& table : outputs) {
    GoldenOutput output = TRY(ReadOutput(table));
    golden.outputs.push_back(std::move(output));
  }
  return golden;
}

}  // namespace

Result<ServingTable> ReadServing(const CardScope& card) {
  constexpr auto kKeys = std::to_array<std::string_view>(
      {"versions", "instances", "threads", "batch_max", "gather_max", "wait_max_us", "queue_max",
       "device", "estimate_us", "variants"});
  ServingTable serving;
  const std::optional<CardScope> table = TRY(card.Table("serving"));
  if (!table) return serving;
  TRY(CheckKeys(*table, kKeys));
  serving.versions = TRY(ReadVersions(*table));
  serving.instances = TRY(table->OptionalInteger("instances", 1));
  serving.threads = TRY(table->OptionalInteger("threads", 1));
  serving.batch_max = TRY(table->OptionalInteger("batch_max", 0));
  serving.gather_max = TRY(table->OptionalInteger("gather_max", 1));
  serving.wait_max = TRY(ReadWait(*table));
  serving.queue_max = TRY(table->OptionalInteger("queue_max", 1));
  serving.device = TRY(table->Text("device"));
  serving.estimate = TRY(ReadEstimate(*table));
  serving.variants = TRY(ReadVariants(*table));
  return serving;
}

Result<std::vector<Golden>> ReadGolden(const CardScope& card) {
  std::vector<Golden> all;
  const std::vector<CardScope> tables = TRY(card.Tables("golden", kGoldenMax));
  for (const CardScope& table : tables) {
    Golden golden = TRY(ReadOne(table));
    all.push_back(std::move(golden));
  }
  return all;
}

}  // namespace perigee::model
