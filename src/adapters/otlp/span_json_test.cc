#include "adapters/otlp/span_json.h"

#include <gtest/gtest.h>

namespace perigee::otlp {
namespace {

using namespace std::chrono_literals;

TEST(SpanJson, IsWhatCollectorsRead) {
  runtime::Span root{.trace_id = {0x4B, 0xF9, 0x2F},
                     .span_id = {0x00, 0xF0},
                     .parent_id = {},
                     .name = "infer \"m\"",
                     .server = true,
                     .start = 1700000000s,
                     .end = 1700000000s + 5ms,
                     .attributes = {{"perigee.tenant", "w"}},
                     .error = "DeadlineExceeded"};
  runtime::Span stage{.trace_id = root.trace_id,
                      .span_id = {1},
                      .parent_id = root.span_id,
                      .name = "queue",
                      .start = 1s,
                      .end = 2s};
  const std::vector<runtime::Span> spans = {root, stage};
  EXPECT_EQ(
      SpanJson({"perigee", "0.1.0", "edge-1"}, spans),
      R"({"resourceSpans":[{"resource":{"attributes":[)"
      R"({"key":"service.name","value":{"stringValue":"perigee"}},)"
      R"({"key":"service.version","value":{"stringValue":"0.1.0"}},)"
      R"({"key":"service.instance.id","value":{"stringValue":"edge-1"}}]},)"
      R"("scopeSpans":[{"scope":{"name":"perigee"},"spans":[)"
      R"({"traceId":"4bf92f00000000000000000000000000","spanId":"00f0000000000000",)"
      R"("name":"infer \"m\"","kind":2,"startTimeUnixNano":"1700000000000000000",)"
      R"("endTimeUnixNano":"1700000000005000000",)"
      R"("attributes":[{"key":"perigee.tenant","value":{"stringValue":"w"}}],)"
      R"("status":{"code":2,"message":"DeadlineExceeded"}},)"
      R"({"traceId":"4bf92f00000000000000000000000000","spanId":"0100000000000000",)"
      R"("parentSpanId":"00f0000000000000","name":"queue","kind":1,)"
      R"("startTimeUnixNano":"1000000000","endTimeUnixNano":"2000000000","attributes":[]}]}]}]})");
}

}  // namespace
}  // namespace perigee::otlp
