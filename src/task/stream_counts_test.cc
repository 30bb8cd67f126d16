#include "task/stream_counts.h"

#include <gtest/gtest.h>

namespace perigee::task {
namespace {

TEST(StreamCounts, CountsFramesByTaskAndOutcome) {
  StreamCounts counts;
  counts.Opened("emotion");
  counts.Opened("emotion");
  counts.Answered("emotion", FrameAnswer::Outcome::kTracked);
  counts.Answered("emotion", FrameAnswer::Outcome::kTracked);
  counts.Answered("inspect", FrameAnswer::Outcome::kFailed);
  counts.Closed("emotion");
  const auto all = counts.All();
  ASSERT_EQ(all.size(), 2U);
  const StreamCounts::Row& emotion = all.find("emotion")->second;
  EXPECT_EQ(emotion.open, 1);
  EXPECT_EQ(emotion.frames[static_cast<std::size_t>(FrameAnswer::Outcome::kTracked)], 2U);
  EXPECT_EQ(emotion.frames[static_cast<std::size_t>(FrameAnswer::Outcome::kAnswered)], 0U);
}

TEST(FrameLedger, HasRoomUntilTooManyAreUnanswered) {
  FrameLedger ledger;
  for (std::size_t i = 0; i < FrameLedger::kUnansweredMax; ++i) {
    EXPECT_TRUE(ledger.HasRoom());
    ledger.Pushed(10 + i);
  }
  EXPECT_FALSE(ledger.HasRoom());
  const std::size_t held = ledger.held_bytes();
  ledger.Answered();
  EXPECT_TRUE(ledger.HasRoom());
  EXPECT_EQ(ledger.held_bytes(), held - 10);
}

}  // namespace
}  // namespace perigee::task
