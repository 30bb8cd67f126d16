#include "runtime/process_usage.h"

#include <gtest/gtest.h>

#include <chrono>

namespace perigee::runtime {
namespace {

TEST(ProcessUsage, TellsPlausibleNumbersOfThisProcess) {
  const ProcessUsage usage = ReadProcessUsage();
  const double now =
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  EXPECT_GT(usage.cpu_seconds, 0);
  EXPECT_GT(usage.resident_bytes, 1U << 20);
  EXPECT_GE(usage.open_fds, 3U);
  EXPECT_NEAR(usage.start_time_seconds, now, 60);
}

}  // namespace
}  // namespace perigee::runtime
