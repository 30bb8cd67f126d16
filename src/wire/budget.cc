#include "wire/budget.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <utility>

#include "wire/trace_context.h"

namespace perigee::wire {
namespace {

// More digits than a century in nanoseconds has are somebody's joke, and cost time to read.
constexpr std::size_t kNumberMax = 32;
constexpr std::size_t kShownMax = 40;  // of what a client sent, in our sentence

constexpr std::array<std::string_view, 3> kPriorities = {"high", "normal", "low"};

bool EqualsWithoutCase(std::string_view text, std::string_view lower) {
  return std::ranges::equal(text, lower, [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
  });
}

// What a client sent may be any bytes; our sentences are text.
std::string Shown(std::string_view text) {
  std::string shown(text.substr(0, kShownMax));
  std::ranges::replace_if(shown, [](char c) { return c < 0x20 || c > 0x7E; }, '?');
  return shown;
}

Error Malformed(std::string_view name, std::string_view text, std::string_view wanted) {
  return InvalidArgument(fmt::format("read {}: \"{}\" is not {}", name, Shown(text), wanted));
}

// Nothing left is nothing left, however far below zero.
Duration FromMilliseconds(double milliseconds) {
  const double nanoseconds = milliseconds * 1e6;
  if (nanoseconds <= 0) return Duration{};
  constexpr auto kMost = static_cast<double>(Duration::max().count());
  return nanoseconds >= kMost ? Duration::max() : Duration(static_cast<Duration::rep>(nanoseconds));
}

Result<Duration> ParseMilliseconds(std::string_view name, std::string_view text) {
  const std::string_view wanted = "a number of milliseconds";
  if (text.empty() || text.size() > kNumberMax) return Fail(Malformed(name, text, wanted));
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value, std::chars_format::fixed);
  // from_chars reads "inf" and "nan" too.
  if (error != std::errc() || at != end || !std::isfinite(value)) {
    return Fail(Malformed(name, text, wanted));
  }
  return FromMilliseconds(value);
}

Result<task::Priority> ParsePriority(std::string_view text) {
  for (std::size_t i = 0; i < kPriorities.size(); ++i) {
    if (text == kPriorities[i]) return static_cast<task::Priority>(i);
  }
  return Fail(Malformed(kPriorityHeader, text, "high, normal or low"));
}

Result<std::string> ParseTenant(std::string_view text) {
  const bool fits = std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
  if (text.empty() || text.size() > kTenantMax || !fits) {
    return Fail(Malformed(kTenantHeader, text, "1 to 64 of A-Z a-z 0-9 . _ -"));
  }
  return std::string(text);
}

Result<std::string> ParsePurpose(std::string_view text) {
  const bool fits = std::ranges::all_of(text, [](char c) { return c >= 0x20 && c <= 0x7E; });
  if (text.size() > kPurposeMax || !fits) {
    return Fail(Malformed(kPurposeHeader, text, "at most 128 characters of printable ASCII"));
  }
  return std::string(text);
}

Result<Duration> BudgetOf(const Parameter& parameter) {
  if (const auto* whole = std::get_if<std::int64_t>(&parameter)) {
    return FromMilliseconds(static_cast<double>(*whole));
  }
  if (const auto* number = std::get_if<double>(&parameter); number && std::isfinite(*number)) {
    return FromMilliseconds(*number);
  }
  if (const auto* text = std::get_if<std::string>(&parameter)) {
    return ParseMilliseconds("parameter budget_ms", *text);
  }
  return Fail(InvalidArgument("read parameter budget_ms: it is no number of milliseconds"));
}

Result<std::int64_t> Whole(const Parameter& parameter, std::string_view name) {
  const auto* whole = std::get_if<std::int64_t>(&parameter);
  if (whole != nullptr && *whole >= 0) return *whole;
  return Fail(
      InvalidArgument(fmt::format("read parameter {}: it is no whole number from 0", name)));
}

void Tighten(Terms& terms, Duration budget) {
  terms.budget = std::min(terms.budget.value_or(Duration::max()), budget);
}

Duration FromMicroseconds(std::int64_t microseconds) {
  constexpr std::int64_t kMost = Duration::max().count() / 1000;
  return microseconds > kMost ? Duration::max() : std::chrono::microseconds(microseconds);
}

}  // namespace

bool TermHeaders::Take(std::string_view name, std::string_view value) {
  const std::array<std::pair<std::string_view, std::optional<std::string_view>*>, 5> known = {{
      {kBudgetHeader, &budget},
      {kPriorityHeader, &priority},
      {kTenantHeader, &tenant},
      {kPurposeHeader, &purpose},
      {kTraceHeader, &trace},
  }};
  for (const auto& [ours, place] : known) {
    if (!EqualsWithoutCase(name, ours)) continue;
    if (!*place) *place = value;
    return true;
  }
  return false;
}

Result<Terms> ReadTerms(const TermHeaders& headers) {
  Terms terms;
  if (headers.budget) terms.budget = TRY(ParseBudget(*headers.budget));
  if (headers.priority) terms.priority = TRY(ParsePriority(*headers.priority));
  if (headers.tenant) terms.tenant = TRY(ParseTenant(*headers.tenant));
  if (headers.purpose) terms.purpose = TRY(ParsePurpose(*headers.purpose));
  if (headers.trace) terms.trace = ParseTraceparent(*headers.trace).value_or(task::Trace{});
  return terms;
}

Result<void> AddParameters(const Parameters& parameters, Terms& terms) {
  if (parameters.empty()) return {};
  if (const auto found = parameters.find("budget_ms"); found != parameters.end()) {
    const Duration budget = TRY(BudgetOf(found->second));
    Tighten(terms, budget);
  }
  if (const auto found = parameters.find("timeout"); found != parameters.end()) {
    const std::int64_t microseconds = TRY(Whole(found->second, "timeout"));
    if (microseconds > 0) Tighten(terms, FromMicroseconds(microseconds));
  }
  if (const auto found = parameters.find("priority"); found != parameters.end()) {
    const std::int64_t level = TRY(Whole(found->second, "priority"));
    if (level > 0 && !terms.priority) {
      terms.priority = static_cast<task::Priority>(std::min<std::int64_t>(level, 3) - 1);
    }
  }
  return {};
}

Result<Duration> ParseBudget(std::string_view text) {
  return ParseMilliseconds(kBudgetHeader, text);
}

std::string BudgetText(TimePoint deadline, TimePoint now) {
  if (deadline == kNever) return "";
  return fmt::format("{:.3f}", ToMilliseconds(std::max(deadline - now, Duration{})));
}

std::string_view PriorityName(task::Priority priority) {
  return kPriorities[static_cast<std::size_t>(priority)];
}

TimePoint WorkUntil(TimePoint now, Duration budget) {
  constexpr Duration kWayOutMax = std::chrono::milliseconds(1);
  if (budget == Duration::max()) return kNever;
  return DeadlineAfter(now, budget - std::min(std::max(budget, Duration{}) / 50, kWayOutMax));
}

task::Context ToContext(Terms terms, TimePoint arrived, Duration fallback) {
  return {.deadline = WorkUntil(arrived, terms.budget.value_or(fallback)),
          .stop = {},
          .purpose = std::move(terms.purpose),
          .tenant = std::move(terms.tenant),
          .priority = terms.priority.value_or(task::Priority::kNormal),
          .trace = terms.trace};
}

}  // namespace perigee::wire
