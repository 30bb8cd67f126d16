// Spans as the body of OTLP's POST /v1/traces in JSON: an ExportTraceServiceRequest of
// opentelemetry-proto, whose JSON form has ids in hex and 64-bit numbers as strings. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "runtime/span.h"

namespace perigee::otlp {

struct Resource {
  std::string service;   // "perigee"
  std::string version;   // "0.1.0"
  std::string instance;  // the node's name
};

std::string SpanJson(const Resource& resource, std::span<const runtime::Span> spans);

}  // namespace perigee::otlp
