#include "runtime/span.h"

#include <algorithm>
#include <cstring>

namespace perigee::runtime {
namespace {

using std::chrono::nanoseconds;

constexpr double kAll = 4294967296.0;  // 2^32

std::uint64_t Threshold(double percent) {
  return static_cast<std::uint64_t>(std::clamp(percent, 0.0, 100.0) / 100 * kAll);
}

// From the steady clock, by which everything here runs, to the calendar's, which collectors know.
nanoseconds ToUnix(TimePoint now) {
  const auto calendar = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<nanoseconds>(calendar) - now.time_since_epoch();
}

}  // namespace

Tracer::Tracer(SpanSink& sink, const Clock& clock, double sample_percent, std::uint64_t seed)
    : sink_(sink), clock_(clock), sampled_below_(Threshold(sample_percent)), state_(seed) {}

// SplitMix64: each step is a bijection of a counter, so ids repeat only after 2^64 of them.
std::uint64_t Tracer::Next() {
  std::uint64_t z = state_.fetch_add(0x9E3779B97F4A7C15U, std::memory_order_relaxed);
  z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
  z ^= z >> 31U;
  return z == 0 ? 1 : z;
}

SpanId Tracer::NextSpanId() {
  const std::uint64_t number = Next();
  SpanId id;
  std::memcpy(id.data(), &number, id.size());
  return id;
}

std::optional<RequestSpan> Tracer::Begin(const Parent& parent, std::string name,
                                         TimePoint started) {
  const bool chosen = parent.sampled || (Next() >> 32U) < sampled_below_;
  if (!chosen) return std::nullopt;
  RequestSpan request{.trace_id = parent.trace_id,
                      .span_id = NextSpanId(),
                      .parent_id = parent.span_id,
                      .name = std::move(name),
                      .started = started,
                      .attributes = {}};
  if (parent.trace_id != TraceId{}) return request;
  request.parent_id = {};
  const std::array<std::uint64_t, 2> numbers = {Next(), Next()};
  std::memcpy(request.trace_id.data(), numbers.data(), request.trace_id.size());
  return request;
}

void Tracer::End(RequestSpan request, std::span<const StageSpan> stages, TimePoint staged,
                 std::string error) {
  const TimePoint now = clock_.Now();
  const nanoseconds unix_offset = ToUnix(now);
  const auto at = [&](TimePoint point) { return point.time_since_epoch() + unix_offset; };
  std::vector<Span> spans;
  spans.reserve(1 + stages.size());
  spans.push_back({.trace_id = request.trace_id,
                   .span_id = request.span_id,
                   .parent_id = request.parent_id,
                   .name = std::move(request.name),
                   .server = true,
                   .start = at(request.started),
                   .end = at(now),
                   .attributes = std::move(request.attributes),
                   .error = std::move(error)});
  Duration after{};
  for (const StageSpan& stage : stages) after += stage.length;
  for (const StageSpan& stage : stages) {
    const TimePoint begun = staged - after;
    after -= stage.length;
    spans.push_back({.trace_id = request.trace_id,
                     .span_id = NextSpanId(),
                     .parent_id = request.span_id,
                     .name = stage.name,
                     .server = false,
                     .start = at(begun),
                     .end = at(staged - after),
                     .attributes = {},
                     .error = {}});
  }
  sink_.Push(std::move(spans));
}

}  // namespace perigee::runtime
