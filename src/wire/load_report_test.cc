#include "wire/load_report.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstring>
#include <string>

namespace perigee::wire {
namespace {

using namespace std::chrono_literals;

const LoadReport kFull{.queued = 1250us,
                       .compute = 20ms,
                       .next = {.wait = 3ms, .service = 21'007us, .valid_for = 50ms}};

TEST(LoadReport, IsTextInMillisecondsByDefault) {
  EXPECT_EQ(LoadReportText(kFull),
            "TEXT named_metrics.perigee_queued_ms=1.250, named_metrics.perigee_compute_ms=20, "
            "named_metrics.perigee_wait_ms=3, named_metrics.perigee_service_ms=21.007, "
            "named_metrics.perigee_valid_ms=50");
}

TEST(LoadReport, SaysOnlyWhatIsKnown) {
  EXPECT_EQ(LoadReportText({}), "");
  EXPECT_EQ(LoadReportJson({}), "");
  EXPECT_EQ(LoadReportBinary({}), "");
  EXPECT_EQ(LoadReportText({.queued = 0ns, .compute = {}, .next = {.wait = 1ms}}),
            "TEXT named_metrics.perigee_queued_ms=0");
}

TEST(LoadReport, ReadsBackWhatItWrites) {
  for (const std::string& text : {LoadReportText(kFull), LoadReportJson(kFull)}) {
    const Result<LoadReport> report = ParseLoadReport(text);
    ASSERT_TRUE(report.has_value()) << text << report.error().message;
    EXPECT_EQ(report->queued, kFull.queued);
    EXPECT_EQ(report->compute, kFull.compute);
    EXPECT_EQ(report->next.wait, kFull.next.wait);
    EXPECT_NEAR(ToMilliseconds(report->next.service), 21.007, 1e-6);
    EXPECT_EQ(report->next.valid_for, kFull.next.valid_for);
  }
}

TEST(LoadReport, PassesOverMetricsOfOthers) {
  const auto report = ParseLoadReport("TEXT cpu_utilization=0.3,named_metrics.perigee_wait_ms=2");
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->next.wait, 2ms);
  EXPECT_TRUE(ParseLoadReport(R"(JSON {"cpu_utilization":0.3})").has_value());
}

TEST(LoadReport, RefusesWhatIsNoReport) {
  for (const std::string& text :
       {std::string(), std::string("BIN CAE="), std::string("TEXT wait"), std::string("TEXT a=b"),
        std::string("TEXT a=1,,b=2"), std::string("JSON {"), "TEXT a=" + std::string(5000, '1')}) {
    EXPECT_FALSE(ParseLoadReport(text).has_value()) << text;
  }
  EXPECT_FALSE(ParseLoadReport("TEXT perigee_queued_ms=-5")->queued.has_value());
  EXPECT_FALSE(ParseLoadReport("TEXT perigee_queued_ms=1e300")->queued.has_value());
}

TEST(LoadReport, IsAProtobufOfNamedMetrics) {
  const std::string bytes = LoadReportBinary({.queued = 1500us, .compute = {}, .next = {}});
  const double value = 1.5;
  std::string expected = "\x42\x1c\x0a\x11perigee_queued_ms\x11";
  expected.append(reinterpret_cast<const char*>(&value), sizeof value);
  EXPECT_EQ(bytes, expected);
}

TEST(LoadReport, TellsWholeSecondsToRetryAfter) {
  EXPECT_EQ(RetryAfterText({}), "1");
  EXPECT_EQ(RetryAfterText({.wait = 1ms}), "1");
  EXPECT_EQ(RetryAfterText({.wait = 2001ms}), "3");
}

TEST(LoadReport, IsJsonForTheProbe) {
  EXPECT_EQ(HintJson({.wait = 1500us, .service = 20ms, .valid_for = 50ms}),
            R"({"wait_ms":1.5,"service_ms":20,"valid_ms":50})");
}

}  // namespace
}  // namespace perigee::wire
