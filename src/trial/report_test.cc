#include "trial/report.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace perigee::trial {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;

LoadReport SampleLoad() {
  LoadReport report;
  report.clients = 4;
  report.rate_per_second = 50;
  report.requests = 100;
  report.succeeded = 98;
  report.errors = {{Code::kUnavailable, 2}};
  report.first_error = "connect: refused";
  report.dropped = 3;
  report.sent_bytes = 9800;
  report.latency.p50 = std::chrono::microseconds(1250);
  report.wall = milliseconds(2000);
  report.server = ProcessUsage{.cpu = milliseconds(250), .resident_bytes = 3 << 20};
  return report;
}

Evaluation SampleEvaluation() {
  Evaluation evaluation;
  evaluation.photos = 4;
  evaluation.faces = 2;
  evaluation.no_face = 1;
  evaluation.correct = 1;
  evaluation.accuracy_found = 0.5;
  evaluation.classes = {{"happy", 2, 0, 1, 1, 1.0, 0.5}, {"sad", 1, 1, 1, 0, 0.0, std::nullopt}};
  evaluation.confusion = {{1, 1}, {0, 0}};
  evaluation.unanswered = {{"sad/\xff.jpg", InvalidArgument("decode jpeg: no header")}};
  return evaluation;
}

TEST(Report, GivesALoadAsJson) {
  const json read = json::parse(ToJson(SampleLoad()));
  EXPECT_EQ(read["throughput_per_second"], 49);
  EXPECT_EQ(read["errors"], json({{"Unavailable", 2}}));
  EXPECT_EQ(read["latency_ms"]["p50"], 1.25);
  EXPECT_EQ(read["server_cpu_per_request_ms"], 2.5);
  EXPECT_EQ(read["first_error"], "connect: refused");
  EXPECT_FALSE(read.contains("server_queued_ms"));
}

TEST(Report, GivesALoadAsLinesForPeople) {
  const std::string table = ToTable(SampleLoad());
  for (const char* part : {"throughput, 1/s         49.0\n", "Unavailable           2\n",
                           "p50 1.250", "dropped                 3\n", "100 sent",
                           "server CPU, ms/request  2.500\n", "server memory, MiB      3.0\n"}) {
    EXPECT_NE(table.find(part), std::string::npos) << part << "\n" << table;
  }
}

TEST(Report, IsPrintableWhenNothingWasMeasured) {
  EXPECT_EQ(json::parse(ToJson(LoadReport()))["throughput_per_second"], 0);
  EXPECT_NE(ToTable(LoadReport()).find("- sent"), std::string::npos);
}

TEST(Report, GivesAnEvaluationAsJson) {
  const json read = json::parse(ToJson(SampleEvaluation()));
  EXPECT_EQ(read["accuracy_found"], 0.5);
  EXPECT_TRUE(read["accuracy_all"].is_null());
  EXPECT_EQ(read["confusion"], json({{1, 1}, {0, 0}}));
  EXPECT_TRUE(read["classes"][1]["recall"].is_null());
  EXPECT_EQ(read["unanswered"][0]["photo"], "sad/\uFFFD.jpg");
  EXPECT_EQ(read["unanswered"][0]["code"], "InvalidArgument");
}

TEST(Report, GivesAnEvaluationAsTables) {
  const std::string table = ToTable(SampleEvaluation());
  for (const char* part :
       {"accuracy, faces found   50.0 %\n", "accuracy, all answered  -\n",
        "happy        2        0    100.0 %   50.0 %\n", "happy      1      1\n", "no header\n"}) {
    EXPECT_NE(table.find(part), std::string::npos) << part << "\n" << table;
  }
}

TEST(Report, GivesAComparisonBothWays) {
  Comparison comparison;
  comparison.a = {2, 4};
  comparison.b = {1, 2};
  comparison.ratios = {2, 2};
  comparison.ratio_spread = SpreadOf(comparison.ratios);
  EXPECT_EQ(json::parse(ToJson(comparison))["ratio_spread"]["median"], 2);
  const std::string table = ToTable(comparison, "perigee", "other", "requests/s");
  EXPECT_NE(table.find("2 pairs, measured in turn, requests/s\n"), std::string::npos);
  EXPECT_NE(table.find("ratio         median 2, half of all 2..2"), std::string::npos) << table;
}

}  // namespace
}  // namespace perigee::trial
