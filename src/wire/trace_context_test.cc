#include "wire/trace_context.h"

#include <gtest/gtest.h>

#include <string>

namespace perigee::wire {
namespace {

// The example of the standard.
const std::string kSampled = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

TEST(TraceContext, ReadsAndWritesTheStandardsExample) {
  const std::optional<task::Trace> trace = ParseTraceparent(kSampled);
  ASSERT_TRUE(trace.has_value());
  EXPECT_EQ(trace->trace_id[0], 0x4B);
  EXPECT_EQ(trace->trace_id[15], 0x36);
  EXPECT_EQ(trace->span_id[1], 0xF0);
  EXPECT_TRUE(trace->sampled);
  EXPECT_EQ(WriteTraceparent(*trace), kSampled);
}

TEST(TraceContext, ReadsTheSampledFlagAmongOthers) {
  const std::string head = kSampled.substr(0, 53);
  EXPECT_FALSE(ParseTraceparent(head + "00")->sampled);
  EXPECT_FALSE(ParseTraceparent(head + "02")->sampled);
  EXPECT_TRUE(ParseTraceparent(head + "03")->sampled);
}

TEST(TraceContext, ReadsWhatItKnowsOfLaterVersions) {
  EXPECT_TRUE(ParseTraceparent("cc" + kSampled.substr(2)).has_value());
  EXPECT_TRUE(ParseTraceparent("cc" + kSampled.substr(2) + "-more").has_value());
  EXPECT_FALSE(ParseTraceparent("cc" + kSampled.substr(2) + ".more").has_value());
}

TEST(TraceContext, IgnoresWhatTheStandardCallsInvalid) {
  const std::string zero_trace = "00-" + std::string(32, '0') + kSampled.substr(35);
  const std::string zero_span = kSampled.substr(0, 36) + std::string(16, '0') + "-01";
  std::string upper = kSampled;
  upper[4] = 'B';
  std::string comma = kSampled;
  comma[35] = ',';
  for (const std::string& text :
       {std::string(), std::string("00"), kSampled.substr(1), kSampled + "-", kSampled + "0",
        "ff" + kSampled.substr(2), "0x" + kSampled.substr(2), zero_trace, zero_span, upper, comma,
        kSampled.substr(0, 53) + "0g"}) {
    EXPECT_FALSE(ParseTraceparent(text).has_value()) << text;
  }
}

TEST(TraceContext, WritesNothingForNoTrace) { EXPECT_EQ(WriteTraceparent({}), ""); }

}  // namespace
}  // namespace perigee::wire
