#include "runtime/span.h"

#include <gtest/gtest.h>

#include <chrono>
#include <set>

#include "base/testing/fake_clock.h"
#include "runtime/testing/fake_span_sink.h"

namespace perigee::runtime {
namespace {

using namespace std::chrono_literals;

Tracer::Parent Caller(bool sampled) { return {{1, 2, 3}, {4, 5}, sampled}; }

TEST(Tracer, RecordsARequestAndItsStagesOneAfterAnother) {
  FakeClock clock;
  FakeSpanSink sink;
  Tracer tracer(sink, clock, 0, 7);
  const TimePoint started = clock.Now();
  std::optional<RequestSpan> request = tracer.Begin(Caller(true), "infer emotion", started);
  ASSERT_TRUE(request.has_value());
  request->attributes = {{"tenant", "ward"}};
  const std::array<StageSpan, 2> stages = {{{"queue", 2ms}, {"compute", 5ms}}};
  clock.Advance(10ms);
  const TimePoint staged = clock.Now() - 1ms;
  tracer.End(*std::move(request), stages, staged, "too late");
  const std::vector<Span> spans = sink.spans();
  ASSERT_EQ(spans.size(), 3U);
  EXPECT_EQ(spans[0].name, "infer emotion");
  EXPECT_EQ(spans[0].error, "too late");
  EXPECT_EQ(spans[0].parent_id, Caller(true).span_id);
  EXPECT_EQ(spans[1].parent_id, spans[0].span_id);
  EXPECT_EQ(spans[2].trace_id, Caller(true).trace_id);
  EXPECT_EQ(spans[0].end - spans[0].start, 10ms);
  EXPECT_EQ(spans[1].end - spans[1].start, 2ms);
  EXPECT_EQ(spans[2].start, spans[1].end);
  EXPECT_EQ(spans[0].end - spans[2].end, 1ms);
}

TEST(Tracer, FollowsTheCallersDecisionAndOtherwiseItsOwnShare) {
  FakeClock clock;
  FakeSpanSink sink;
  Tracer never(sink, clock, 0, 1);
  Tracer always(sink, clock, 100, 1);
  Tracer some(sink, clock, 10, 1);
  EXPECT_FALSE(never.Begin(Caller(false), "r", {}).has_value());
  EXPECT_FALSE(never.Begin({}, "r", {}).has_value());
  EXPECT_TRUE(never.Begin(Caller(true), "r", {}).has_value());
  int recorded = 0;
  for (int i = 0; i < 1000; ++i) {
    EXPECT_TRUE(always.Begin({}, "r", {}).has_value());
    recorded += some.Begin({}, "r", {}).has_value() ? 1 : 0;
  }
  EXPECT_NEAR(recorded, 100, 40);
}

TEST(Tracer, GivesEachRequestIdsOfItsOwn) {
  FakeClock clock;
  FakeSpanSink sink;
  Tracer tracer(sink, clock, 100, 1);
  std::set<TraceId> traces;
  std::set<SpanId> spans;
  for (int i = 0; i < 1000; ++i) {
    const std::optional<RequestSpan> request = tracer.Begin({}, "r", {});
    ASSERT_TRUE(request.has_value());
    EXPECT_EQ(request->parent_id, SpanId{});
    traces.insert(request->trace_id);
    spans.insert(request->span_id);
  }
  EXPECT_EQ(traces.size(), 1000U);
  EXPECT_EQ(spans.size(), 1000U);
}

}  // namespace
}  // namespace perigee::runtime
