// Spans of distributed traces: what a request took and of what it was made. Servers begin and end
// them through a Tracer; where they go is a SpanSink's business (adapters/otlp).
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/error.h"

namespace perigee::runtime {

using TraceId = std::array<std::uint8_t, 16>;
using SpanId = std::array<std::uint8_t, 8>;
using Attributes = std::vector<std::pair<std::string, std::string>>;

struct Span {
  TraceId trace_id{};
  SpanId span_id{};
  SpanId parent_id{};  // all zero: the root
  std::string name;
  bool server = false;               // the request as a whole, rather than a stage of it
  std::chrono::nanoseconds start{};  // Unix time, as collectors want it
  std::chrono::nanoseconds end{};
  Attributes attributes;
  std::string error;  // empty: it went well
};

// PORT. Thread-safe.
class SpanSink {
 public:
  virtual ~SpanSink() = default;
  // Of one request. Never blocks: what there is no room for is dropped and counted.
  virtual void Push(std::vector<Span> spans) = 0;
};

// A request that is being recorded. A value.
struct RequestSpan {
  TraceId trace_id{};
  SpanId span_id{};
  SpanId parent_id{};
  std::string name;
  TimePoint started;
  Attributes attributes;
};

struct StageSpan {
  std::string name;
  Duration length{};
};

// Thread-safe.
class Tracer {
 public:
  // What the caller sent; all zero: nothing.
  struct Parent {
    TraceId trace_id{};
    SpanId span_id{};
    bool sampled = false;
  };
  // Of a hundred requests whose callers do not record, so many are recorded here.
  Tracer(SpanSink& sink, const Clock& clock, double sample_percent, std::uint64_t seed);

  // Empty: this one is not recorded.
  std::optional<RequestSpan> Begin(const Parent& parent, std::string name, TimePoint started);
  // The stages follow one another, and the last ends at `staged`. The request ends now.
  void End(RequestSpan request, std::span<const StageSpan> stages, TimePoint staged,
           std::string error);

 private:
  std::uint64_t Next();  // pseudo-random, never zero
  SpanId NextSpanId();

  SpanSink& sink_;
  const Clock& clock_;
  const std::uint64_t sampled_below_;  // of numbers up to 2^32
  std::atomic<std::uint64_t> state_;
};

}  // namespace perigee::runtime
