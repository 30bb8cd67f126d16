// What a node says about its load with every answer, in the forms of ORCA (xds.data.orca.v3, the
// field `endpoint-load-metrics`): named metrics in milliseconds. Values in, text or bytes out, and
// back for clients. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "task/hint.h"
#include "wire/json_writer.h"

namespace perigee::wire {

// Names of HTTP headers and of gRPC trailers.
inline constexpr std::string_view kLoadHeader = "endpoint-load-metrics";
inline constexpr std::string_view kLoadHeaderBinary = "endpoint-load-metrics-bin";
// Of a request: "text" (also without it) or "json"; anything else is taken for text.
inline constexpr std::string_view kLoadFormatHeader = "endpoint-load-metrics-format";

struct LoadReport {
  std::optional<Duration> queued = {};   // of this request, where known
  std::optional<Duration> compute = {};  // of this request, where known
  task::Hint next = {};                  // said only if valid_for is above zero
};

// "TEXT named_metrics.perigee_queued_ms=0.012, named_metrics.perigee_wait_ms=0.5"; empty if there
// is nothing to say, as the others.
std::string LoadReportText(const LoadReport& report);
// "JSON {"named_metrics":{"perigee_queued_ms":0.012}}"
std::string LoadReportJson(const LoadReport& report);
// An OrcaLoadReport as protobuf; gRPC adds base64 by itself.
std::string LoadReportBinary(const LoadReport& report);

// Text or JSON. Metrics of other names are passed over. InvalidArgument for what is neither form.
Result<LoadReport> ParseLoadReport(std::string_view text);

// For Retry-After, in whole seconds: when the queue should have moved on.
std::string RetryAfterText(const task::Hint& next);

// {"wait_ms": 1.5, "service_ms": 20, "valid_ms": 50}: the answer of the probes.
std::string HintJson(const task::Hint& hint);
void WriteHint(const task::Hint& hint, JsonWriter& json);

}  // namespace perigee::wire
