#include "task/options.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <optional>

namespace perigee::task {
namespace {

std::optional<double> ParseNumber(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(number)) {
    return std::nullopt;
  }
  return number;
}

Result<void> CheckOption(const OptionSpec& spec, std::string_view text) {
  const std::optional<double> number = ParseNumber(text);
  const bool whole = number && *number == std::floor(*number);
  if (!number || (spec.type == "integer" && !whole)) {
    return Fail(
        InvalidArgument(fmt::format("option {}: must be of type {}", spec.name, spec.type)));
  }
  if (*number < spec.minimum || *number > spec.maximum) {
    return Fail(InvalidArgument(fmt::format("option {}: {} is outside {}..{}", spec.name, text,
                                            spec.minimum, spec.maximum)));
  }
  return {};
}

const OptionSpec* FindSpec(const Description& description, std::string_view name) {
  for (const OptionSpec& spec : description.options) {
    if (spec.name == name) return &spec;
  }
  return nullptr;
}

std::string Names(const Description& description) {
  std::string names;
  for (const OptionSpec& spec : description.options) {
    names += (names.empty() ? "" : ", ") + spec.name;
  }
  return names;
}

}  // namespace

Result<void> CheckOptions(const Options& options, const Description& description) {
  for (const auto& [name, text] : options) {
    const OptionSpec* spec = FindSpec(description, name);
    if (spec == nullptr) {
      return Fail(InvalidArgument(fmt::format("option {}: task {} knows only {}", name,
                                              description.name, Names(description))));
    }
    TRY(CheckOption(*spec, text));
  }
  return {};
}

double NumberOr(const Options& options, std::string_view name, double fallback) {
  const auto found = options.find(name);
  return found == options.end() ? fallback : ParseNumber(found->second).value_or(fallback);
}

}  // namespace perigee::task
