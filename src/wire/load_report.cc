#include "wire/load_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <span>

#include "wire/json.h"

namespace perigee::wire {
namespace {

constexpr std::string_view kTextForm = "TEXT ";
constexpr std::string_view kJsonForm = "JSON ";
constexpr std::string_view kMap = "named_metrics";
constexpr std::size_t kReportMax = 4096;  // bytes of one that we read

struct Metric {
  std::string_view name;
  Duration value{};
};

// At most five, on the stack: this is written with every answer.
class Metrics {
 public:
  explicit Metrics(const LoadReport& report) {
    if (report.queued) Add("perigee_queued_ms", *report.queued);
    if (report.compute) Add("perigee_compute_ms", *report.compute);
    if (report.next.valid_for <= Duration{}) return;
    Add("perigee_wait_ms", report.next.wait);
    Add("perigee_service_ms", report.next.service);
    Add("perigee_valid_ms", report.next.valid_for);
  }
  std::span<const Metric> all() const { return std::span(metrics_).first(count_); }

 private:
  void Add(std::string_view name, Duration value) { metrics_[count_++] = {name, value}; }

  std::array<Metric, 5> metrics_{};
  std::size_t count_ = 0;
};

// Milliseconds to the microsecond, without the cost of a floating-point number.
void AppendMs(std::string& text, Duration duration) {
  const auto whole = std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
  const auto micros = static_cast<std::uint64_t>(std::max<std::int64_t>(whole, 0));
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), micros / 1000).ptr;
  text.append(digits.data(), end);
  const std::uint64_t rest = micros % 1000;
  if (rest == 0) return;
  text += '.';
  text += static_cast<char>('0' + rest / 100);
  text += static_cast<char>('0' + rest / 10 % 10);
  text += static_cast<char>('0' + rest % 10);
}

void AppendVarint(std::string& bytes, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7U) bytes += static_cast<char>((value & 0x7FU) | 0x80U);
  bytes += static_cast<char>(value);
}

// One entry of map<string, double> named_metrics = 8, itself a message of fields 1 and 2.
void AppendEntry(std::string& bytes, const Metric& metric) {
  constexpr char kEntryTag = (8 << 3) | 2;
  constexpr char kKeyTag = (1 << 3) | 2;
  constexpr char kValueTag = (2 << 3) | 1;
  bytes += kEntryTag;
  AppendVarint(bytes, 1 + 1 + metric.name.size() + 1 + 8);  // every name is below 128 bytes
  bytes += kKeyTag;
  AppendVarint(bytes, metric.name.size());
  bytes += metric.name;
  bytes += kValueTag;
  const auto bits = std::bit_cast<std::uint64_t>(ToMilliseconds(metric.value));
  for (unsigned shift = 0; shift < 64; shift += 8) bytes += static_cast<char>(bits >> shift);
}

// Numbers beyond a century, or below zero, are nobody's load.
std::optional<Duration> ToDuration(double milliseconds) {
  constexpr double kMost = 3.2e12;
  if (!std::isfinite(milliseconds) || milliseconds < 0 || milliseconds > kMost) return std::nullopt;
  return Duration(static_cast<Duration::rep>(milliseconds * 1e6));
}

void Set(LoadReport& report, std::string_view name, double milliseconds) {
  const std::optional<Duration> value = ToDuration(milliseconds);
  if (!value) return;
  if (name == "perigee_queued_ms") report.queued = value;
  if (name == "perigee_compute_ms") report.compute = value;
  if (name == "perigee_wait_ms") report.next.wait = *value;
  if (name == "perigee_service_ms") report.next.service = *value;
  if (name == "perigee_valid_ms") report.next.valid_for = *value;
}

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

Result<LoadReport> ParseText(std::string_view text) {
  LoadReport report;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const std::string_view pair = Trimmed(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
    const std::size_t equals = pair.find('=');
    if (equals == pair.npos) {
      return Fail(InvalidArgument("read load report: a metric has no value"));
    }
    std::string_view name = pair.substr(0, equals);
    if (name.starts_with("named_metrics.")) name.remove_prefix(kMap.size() + 1);
    const std::string_view number = pair.substr(equals + 1);
    double value = -1;
    const auto [at, error] = std::from_chars(number.data(), number.data() + number.size(), value);
    if (error != std::errc() || at != number.data() + number.size()) {
      return Fail(InvalidArgument("read load report: a value is no number"));
    }
    Set(report, name, value);
  }
  return report;
}

Result<LoadReport> ParseJson(std::string_view text) {
  const JsonDocument document =
      TRY(JsonDocument::Parse(std::as_bytes(std::span(text)), "read load report"));
  LoadReport report;
  const std::optional<JsonValue> map = document.root().Find(kMap);
  if (!map) return report;
  for (const auto& [name, value] : map->Members()) Set(report, name, value.Number().value_or(-1));
  return report;
}

}  // namespace

std::string LoadReportText(const LoadReport& report) {
  const Metrics metrics(report);
  std::string text;
  if (metrics.all().empty()) return text;
  text.reserve(256);
  text = kTextForm;
  for (const Metric& metric : metrics.all()) {
    if (text.size() > kTextForm.size()) text += ", ";
    text += kMap;
    text += '.';
    text += metric.name;
    text += '=';
    AppendMs(text, metric.value);
  }
  return text;
}

std::string LoadReportJson(const LoadReport& report) {
  const Metrics metrics(report);
  if (metrics.all().empty()) return "";
  std::string text(kJsonForm);
  text += "{\"named_metrics\":{";
  for (const Metric& metric : metrics.all()) {
    if (text.back() != '{') text += ',';
    text += '"';
    text += metric.name;
    text += "\":";
    AppendMs(text, metric.value);
  }
  return text += "}}";
}

std::string LoadReportBinary(const LoadReport& report) {
  const Metrics metrics(report);
  std::string bytes;
  bytes.reserve(32 * metrics.all().size());
  for (const Metric& metric : metrics.all()) AppendEntry(bytes, metric);
  return bytes;
}

Result<LoadReport> ParseLoadReport(std::string_view text) {
  if (text.size() > kReportMax) return Fail(InvalidArgument("read load report: over 4 KiB"));
  if (text.starts_with(kTextForm)) return ParseText(text.substr(kTextForm.size()));
  if (text.starts_with(kJsonForm)) return ParseJson(text.substr(kJsonForm.size()));
  return Fail(InvalidArgument("read load report: neither TEXT nor JSON"));
}

std::string RetryAfterText(const task::Hint& next) {
  using std::chrono::seconds;
  return std::to_string(std::max(std::chrono::ceil<seconds>(next.wait), seconds(1)).count());
}

void WriteHint(const task::Hint& hint, JsonWriter& json) {
  json.BeginObject().Key("wait_ms").Number(ToMilliseconds(hint.wait));
  json.Key("service_ms").Number(ToMilliseconds(hint.service));
  json.Key("valid_ms").Number(ToMilliseconds(hint.valid_for)).EndObject();
}

std::string HintJson(const task::Hint& hint) {
  JsonWriter json;
  WriteHint(hint, json);
  return std::move(json).Take();
}

}  // namespace perigee::wire
