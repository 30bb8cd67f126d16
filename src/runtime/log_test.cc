#include "runtime/log.h"

#include <gtest/gtest.h>

namespace perigee::runtime {
namespace {

TEST(Log, WritesOneLineAnEvent) {
  std::string seen;
  const Log log(LogLevel::kInfo, [&](std::string_view line) { seen = line; });
  log.Info("listening", {{"address", "127.0.0.1:8000"}, {"why", "a \"b\"\nlevel=error"}});
  EXPECT_EQ(seen, R"(level=info event=listening address=127.0.0.1:8000 why="a \"b\" level=error")");
}

TEST(Log, LeavesOutWhatIsBelowItsLevel) {
  int lines = 0;
  const Log log(LogLevel::kWarn, [&](std::string_view) { ++lines; });
  log.Info("started");
  log.Warn("degraded");
  EXPECT_EQ(lines, 1);
}

}  // namespace
}  // namespace perigee::runtime
