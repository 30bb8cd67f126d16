#include "base/result.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "base/clock.h"

namespace perigee {
namespace {

Result<int> Half(int value) {
  if (value % 2 != 0) return Fail(InvalidArgument("halve: odd"));
  return value / 2;
}

Result<int> Quarter(int value) {
  const int half = TRY(Half(value));
  return Half(half);
}

TEST(Result, TryHandsTheValueOn) { EXPECT_EQ(Quarter(12), 3); }

TEST(Result, TryReturnsTheError) {
  const Result<int> quarter = Quarter(6);
  ASSERT_FALSE(quarter.has_value());
  EXPECT_EQ(quarter.error().code, Code::kInvalidArgument);
}

Result<std::unique_ptr<int>> Moved() {
  auto value = TRY(Result<std::unique_ptr<int>>(std::make_unique<int>(7)));
  return value;
}

TEST(Result, TryMovesTheValue) { EXPECT_EQ(**Moved(), 7); }

TEST(Error, WithinPrefixesTheAttempt) {
  EXPECT_EQ(NotFound("no such file").Within("load emotion").message, "load emotion: no such file");
}

TEST(Deadline, OfCenturiesIsNever) {
  const TimePoint now{std::chrono::hours(1)};
  EXPECT_EQ(DeadlineAfter(now, Duration::max()), kNever);
  EXPECT_EQ(DeadlineAfter(now, std::chrono::seconds(1)), now + std::chrono::seconds(1));
}

}  // namespace
}  // namespace perigee
