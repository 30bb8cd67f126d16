#include "adapters/otlp/span_json.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "wire/json_writer.h"

namespace perigee::otlp {
namespace {

using wire::JsonWriter;

// SpanKind and Status.StatusCode of opentelemetry-proto.
constexpr int kInternal = 1;
constexpr int kServer = 2;
constexpr int kError = 2;

std::string Hex(std::span<const std::uint8_t> bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : bytes) {
    text += kDigits[byte >> 4U];
    text += kDigits[byte & 15U];
  }
  return text;
}

void WriteAttribute(JsonWriter& json, std::string_view key, std::string_view value) {
  json.BeginObject().Key("key").String(key).Key("value");
  json.BeginObject().Key("stringValue").String(value).EndObject().EndObject();
}

void WriteResource(JsonWriter& json, const Resource& resource) {
  json.Key("resource").BeginObject().Key("attributes").BeginArray();
  WriteAttribute(json, "service.name", resource.service);
  WriteAttribute(json, "service.version", resource.version);
  WriteAttribute(json, "service.instance.id", resource.instance);
  json.EndArray().EndObject();
}

void WriteSpan(JsonWriter& json, const runtime::Span& span) {
  json.BeginObject();
  json.Key("traceId").String(Hex(span.trace_id));
  json.Key("spanId").String(Hex(span.span_id));
  if (span.parent_id != runtime::SpanId{}) json.Key("parentSpanId").String(Hex(span.parent_id));
  json.Key("name").String(span.name);
  json.Key("kind").Integer(span.server ? kServer : kInternal);
  json.Key("startTimeUnixNano").String(std::to_string(span.start.count()));
  json.Key("endTimeUnixNano").String(std::to_string(span.end.count()));
  json.Key("attributes").BeginArray();
  for (const auto& [key, value] : span.attributes) WriteAttribute(json, key, value);
  json.EndArray();
  if (!span.error.empty()) {
    json.Key("status").BeginObject().Key("code").Integer(kError);
    json.Key("message").String(span.error).EndObject();
  }
  json.EndObject();
}

}  // namespace

std::string SpanJson(const Resource& resource, std::span<const runtime::Span> spans) {
  JsonWriter json;
  json.BeginObject().Key("resourceSpans").BeginArray().BeginObject();
  WriteResource(json, resource);
  json.Key("scopeSpans").BeginArray().BeginObject();
  json.Key("scope").BeginObject().Key("name").String("perigee").EndObject();
  json.Key("spans").BeginArray();
  for (const runtime::Span& span : spans) WriteSpan(json, span);
  json.EndArray().EndObject().EndArray();
  json.EndObject().EndArray().EndObject();
  return std::move(json).Take();
}

}  // namespace perigee::otlp
