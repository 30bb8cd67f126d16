#include "wire/exposition.h"

#include <fmt/format.h>

#include <cmath>

namespace perigee::wire {
namespace {

// Backslash, quote and line break are all that a label's value escapes; a help text no quote.
std::string Escaped(std::string_view text, bool quote) {
  std::string escaped;
  for (const char character : text) {
    if (character == '\\') escaped += "\\\\";
    if (character == '\n') escaped += "\\n";
    if (character == '"') escaped += quote ? "\\\"" : "\"";
    if (character != '\\' && character != '\n' && character != '"') escaped += character;
  }
  return escaped;
}

std::string NumberText(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", value);
}

}  // namespace

Labels With(Labels labels, std::string_view name, std::string_view value) {
  labels.emplace_back(name, value);
  return labels;
}

void Exposition::Begin(std::string_view name, std::string_view type, std::string_view help) {
  name_ = name;
  text_ += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, Escaped(help, false), name, type);
}

void Exposition::Sample(std::string_view suffix, const Labels& labels, double value) {
  text_ += name_;
  text_ += suffix;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    text_ += fmt::format("{}{}=\"{}\"", i == 0 ? '{' : ',', labels[i].first,
                         Escaped(labels[i].second, true));
  }
  if (!labels.empty()) text_ += '}';
  text_ += ' ' + NumberText(value) + '\n';
}

void Exposition::Histogram(const Labels& labels, std::span<const double> bounds,
                           std::span<const std::uint64_t> counts, double sum) {
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < bounds.size(); ++i) {
    below += counts[i];
    Sample("_bucket", With(labels, "le", NumberText(bounds[i])), static_cast<double>(below));
  }
  below += counts.back();
  Sample("_bucket", With(labels, "le", "+Inf"), static_cast<double>(below));
  Sample("_sum", labels, sum);
  Sample("_count", labels, static_cast<double>(below));
}

}  // namespace perigee::wire
