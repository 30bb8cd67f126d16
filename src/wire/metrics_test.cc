#include "wire/metrics.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace perigee::wire {
namespace {

std::vector<ModelMetrics> Models() {
  model::Statistics statistics;
  statistics.inference_count = 7;
  statistics.success.Add(std::chrono::milliseconds(3), 3);
  statistics.fail.Add({}, 6);
  statistics.rejected = 2;
  statistics.queued_now = 4;
  statistics.late = 3;
  statistics.late_on_arrival = 2;
  statistics.late_in_run = 1;
  statistics.queue_time.Observe(std::chrono::milliseconds(1500));
  statistics.slack.Observe(std::chrono::milliseconds(-5));
  statistics.slack.Observe(std::chrono::milliseconds(30));
  statistics.tenants["ward"] = {.in_time = 5, .late = 1};
  statistics.batches[1].infer.Add({}, 1);
  statistics.batches[3].infer.Add({}, 2);
  statistics.latency.Observe(std::chrono::microseconds(700));
  statistics.latency.Observe(std::chrono::seconds(10));
  return {{"emotion", "1", statistics}, {"other", "2", {}}};
}

bool HasLine(const std::string& text, const std::string& line) {
  return text.find("\n" + line + "\n") != std::string::npos;
}

TEST(Metrics, CountsRequestsByOutcome) {
  const std::string text = MetricsText(Models(), {});
  EXPECT_TRUE(
      HasLine(text, R"(perigee_requests_total{model="emotion",version="1",outcome="success"} 3)"));
  EXPECT_TRUE(
      HasLine(text, R"(perigee_requests_total{model="emotion",version="1",outcome="rejected"} 2)"));
  EXPECT_TRUE(
      HasLine(text, R"(perigee_requests_total{model="emotion",version="1",outcome="failure"} 1)"));
  EXPECT_TRUE(HasLine(text, R"(perigee_queue_depth{model="emotion",version="1"} 4)"));
  EXPECT_TRUE(HasLine(text, R"(perigee_queue_wait_seconds_sum{model="emotion",version="1"} 1.5)"));
}

TEST(Metrics, HistogramsAreCumulative) {
  const std::string text = MetricsText(Models(), {});
  const std::string duration = "perigee_request_duration_seconds";
  const std::string model = R"({model="emotion",version="1")";
  EXPECT_TRUE(HasLine(text, duration + "_bucket" + model + R"(,le="0.0005"} 0)"));
  EXPECT_TRUE(HasLine(text, duration + "_bucket" + model + R"(,le="0.001"} 1)"));
  EXPECT_TRUE(HasLine(text, duration + "_bucket" + model + R"(,le="2.5"} 1)"));
  EXPECT_TRUE(HasLine(text, duration + "_bucket" + model + R"(,le="+Inf"} 2)"));
  EXPECT_TRUE(HasLine(text, "perigee_batch_size_bucket" + model + R"(,le="2"} 1)"));
  EXPECT_TRUE(HasLine(text, "perigee_batch_size_bucket" + model + R"(,le="4"} 3)"));
  EXPECT_TRUE(HasLine(text, "perigee_batch_size_sum" + model + "} 7"));
}

TEST(Metrics, SayHowEarlyAndWhyLate) {
  const std::string text = MetricsText(Models(), {});
  const std::string model = R"({model="emotion",version="1")";
  EXPECT_TRUE(HasLine(text, "perigee_deadline_slack_seconds_bucket" + model + R"(,le="0"} 1)"));
  EXPECT_TRUE(HasLine(text, "perigee_deadline_slack_seconds_bucket" + model + R"(,le="0.05"} 2)"));
  EXPECT_TRUE(HasLine(text, "perigee_late_total" + model + R"(,found="on_arrival"} 2)"));
  EXPECT_TRUE(HasLine(text, "perigee_late_total" + model + R"(,found="running"} 1)"));
}

TEST(Metrics, CountEachTenant) {
  const std::string text = MetricsText(Models(), {});
  const std::string ward = R"({model="emotion",version="1",tenant="ward",outcome=")";
  EXPECT_TRUE(HasLine(text, "perigee_tenant_requests_total" + ward + "in_time\"} 5"));
  EXPECT_TRUE(HasLine(text, "perigee_tenant_requests_total" + ward + "late\"} 1"));
}

TEST(Metrics, HaveTritonsNamesOnlyIfAskedTo) {
  EXPECT_EQ(MetricsText(Models(), {}).find("nv_inference"), std::string::npos);
  EXPECT_NE(MetricsText(Models(), {}, {}, true).find("nv_inference_count"), std::string::npos);
}

TEST(Metrics, EscapesLabelValues) {
  const std::vector<Family> more = {
      {"perigee_http_requests_total", "Answers.", "counter", {{{{"path", "a\"b\\c\nd"}}, 2}}}};
  EXPECT_TRUE(
      HasLine(MetricsText({}, {}, more), R"(perigee_http_requests_total{path="a\"b\\c\nd"} 2)"));
}

// The judge is Prometheus' own linter, where it is installed.
TEST(Metrics, PassPromtool) {
  if (std::system("command -v promtool > /dev/null") != 0) GTEST_SKIP() << "no promtool here";
  std::FILE* promtool = popen("promtool check metrics", "w");
  ASSERT_NE(promtool, nullptr);
  const std::vector<Family> more = {
      {"perigee_http_requests_total", "Answers.", "counter", {{{{"path", "a\"b\\c\nd"}}, 2}}}};
  const std::string text = MetricsText(Models(), {"0.1.0", 1.7e9, 1.5, 1 << 20, 12}, more);
  std::fwrite(text.data(), 1, text.size(), promtool);
  EXPECT_EQ(pclose(promtool), 0);
}

}  // namespace
}  // namespace perigee::wire
