#include "wire/triton_metrics.h"

#include <gtest/gtest.h>

#include <string>

namespace perigee::wire {
namespace {

std::string Text() {
  model::Statistics statistics;
  statistics.success.Add(std::chrono::milliseconds(9), 3);
  statistics.fail.Add({}, 7);
  statistics.rejected = 2;
  statistics.late = 1;
  statistics.cancelled = 3;
  statistics.inference_count = 6;
  statistics.execution_count = 2;
  statistics.queued_now = 4;
  statistics.queue.Add(std::chrono::microseconds(1500), 3);
  const ModelMetrics model{"emotion", "1", statistics};
  Exposition text;
  WriteTritonMetrics(std::span(&model, 1), text);
  return std::move(text).Take();
}

bool HasLine(const std::string& text, const std::string& line) {
  return text.find("\n" + line + "\n") != std::string::npos;
}

TEST(TritonMetrics, CountInTritonsNamesAndMicroseconds) {
  const std::string text = Text();
  const std::string model = R"({model="emotion",version="1"} )";
  EXPECT_TRUE(HasLine(text, "nv_inference_request_success" + model + "3"));
  EXPECT_TRUE(HasLine(text, "nv_inference_count" + model + "6"));
  EXPECT_TRUE(HasLine(text, "nv_inference_exec_count" + model + "2"));
  EXPECT_TRUE(HasLine(text, "nv_inference_pending_request_count" + model + "4"));
  EXPECT_TRUE(HasLine(text, "nv_inference_request_duration_us" + model + "9000"));
  EXPECT_TRUE(HasLine(text, "nv_inference_queue_duration_us" + model + "1500"));
}

TEST(TritonMetrics, TellEveryFailureApartOnce) {
  const std::string text = Text();
  const std::string failure =
      R"(nv_inference_request_failure{model="emotion",version="1",reason=")";
  EXPECT_TRUE(HasLine(text, failure + "REJECTED\"} 3"));
  EXPECT_TRUE(HasLine(text, failure + "CANCELED\"} 3"));
  EXPECT_TRUE(HasLine(text, failure + "BACKEND\"} 0"));
  EXPECT_TRUE(HasLine(text, failure + "OTHER\"} 1"));
}

}  // namespace
}  // namespace perigee::wire
