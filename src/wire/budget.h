// What a caller may say about a request besides its payload, whatever the protocol: until when, how
// urgent, on whose share, what for, and as part of which trace
// (docs/adr/0007-deadline-contract.md). Headers and parameters in, a task::Context out. Pure; any
// thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "task/context.h"
#include "wire/infer.h"

namespace perigee::wire {

// Names of HTTP headers and of gRPC metadata, in the case that gRPC wants.
inline constexpr std::string_view kBudgetHeader = "perigee-budget-ms";
inline constexpr std::string_view kPriorityHeader = "perigee-priority";
inline constexpr std::string_view kTenantHeader = "perigee-tenant";
inline constexpr std::string_view kPurposeHeader = "perigee-purpose";
inline constexpr std::string_view kTraceHeader = "traceparent";

inline constexpr std::size_t kTenantMax = 64;    // bytes of [A-Za-z0-9._-]
inline constexpr std::size_t kPurposeMax = 128;  // bytes of printable ASCII

// As they stood; unset: not sent.
struct TermHeaders {
  std::optional<std::string_view> budget;
  std::optional<std::string_view> priority;
  std::optional<std::string_view> tenant;
  std::optional<std::string_view> purpose;
  std::optional<std::string_view> trace;

  // Keeps the first of each; `name` in any case. False: none of ours.
  bool Take(std::string_view name, std::string_view value);
};

struct Terms {
  std::optional<Duration> budget;  // remaining, from the request's arrival; never negative
  std::optional<task::Priority> priority;
  std::string tenant;
  std::string purpose;
  task::Trace trace;
};

// InvalidArgument names the header. A malformed traceparent is no error: the trace starts anew, as
// W3C Trace Context wants it.
Result<Terms> ReadTerms(const TermHeaders& headers);

// Takes what the parameters budget_ms, timeout (microseconds) and priority say into account: the
// smaller budget wins; a priority that is there already stays. InvalidArgument names the parameter.
Result<void> AddParameters(const Parameters& parameters, Terms& terms);

// "250", "0.5", "-3": milliseconds. InvalidArgument for anything else; saturates at centuries.
Result<Duration> ParseBudget(std::string_view text);

// For the client's side: "249.75", or empty where there is no deadline.
std::string BudgetText(TimePoint deadline, TimePoint now);
std::string_view PriorityName(task::Priority priority);

// By when work that came at `now` with `budget` must be done: what the answer's own way out takes
// is kept back, a fiftieth of the budget, 1 ms at most. Saturates: kNever.
TimePoint WorkUntil(TimePoint now, Duration budget);

// `fallback`: the budget of a request that says none; Duration::max() is no deadline. Without stop.
task::Context ToContext(Terms terms, TimePoint arrived, Duration fallback);

}  // namespace perigee::wire
