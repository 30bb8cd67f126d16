#include "trial/process_usage.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace perigee::trial {
namespace {

TEST(ProcessUsage, ReadsThisProcess) {
  const auto usage = ReadProcessUsage(getpid());
  ASSERT_TRUE(usage.has_value()) << usage.error().message;
  EXPECT_GT(usage->resident_bytes, 1'000'000u);
  EXPECT_LE(usage->cpu, OwnCpuTime() + std::chrono::milliseconds(20));
}

TEST(ProcessUsage, SeesWorkDone) {
  const Duration before = OwnCpuTime();
  const auto usage_before = ReadProcessUsage(getpid());
  ASSERT_TRUE(usage_before.has_value());
  while (OwnCpuTime() - before < std::chrono::milliseconds(60)) {
  }
  const auto usage_after = ReadProcessUsage(getpid());
  ASSERT_TRUE(usage_after.has_value());
  EXPECT_GE(usage_after->cpu - usage_before->cpu, std::chrono::milliseconds(30));
}

TEST(ProcessUsage, SaysWhichProcessIsMissing) {
  const auto usage = ReadProcessUsage(-1);
  ASSERT_FALSE(usage.has_value());
  EXPECT_EQ(usage.error().code, Code::kNotFound);
  EXPECT_EQ(usage.error().message, "read process usage: no process -1");
}

TEST(ProcessUsage, IsNotFooledByAProgramsName) {
  const auto ticks = ParseCpuTicks("12 (a) R 9 (b) S 1 2 3 4 5 6 7 8 9 10 700 77 0 0 20");
  ASSERT_TRUE(ticks.has_value());
  EXPECT_EQ(*ticks, 777u);
  EXPECT_FALSE(ParseCpuTicks("").has_value());
  EXPECT_FALSE(ParseCpuTicks("12 (x) S 1 2").has_value());
}

}  // namespace
}  // namespace perigee::trial
