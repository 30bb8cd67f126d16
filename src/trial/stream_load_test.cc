#include "trial/stream_load.h"

#include <gtest/gtest.h>

#include <deque>

namespace perigee::trial {
namespace {

using Outcome = task::FrameAnswer::Outcome;
using std::chrono::milliseconds;

// Moves when somebody waits, as each fake link does for itself. One thread.
class SteppedTimeline final : public Timeline {
 public:
  TimePoint Now() const override { return now_; }
  void WaitUntil(TimePoint until, std::stop_token) override { now_ = std::max(now_, until); }

 private:
  TimePoint now_{std::chrono::seconds(1)};
};

// A node that answers each frame `delay` after it came, with the outcomes given, in turn.
class FakeLink final : public FrameLink {
 public:
  FakeLink(Timeline& timeline, Duration delay, std::vector<Outcome> outcomes)
      : timeline_(timeline), delay_(delay), outcomes_(std::move(outcomes)) {}

  Result<bool> Send(std::uint64_t id, std::span<const std::byte>) override {
    if (id == busy_at) return false;
    if (id == broken_at) return Fail(Unavailable("the node closed the stream"));
    task::FrameAnswer answer;
    answer.id = id;
    answer.outcome = outcomes_[id % outcomes_.size()];
    if (answer.outcome == Outcome::kFailed) answer.answer = Fail(InvalidArgument("no picture"));
    due_.emplace_back(timeline_.Now() + delay_, std::move(answer));
    return true;
  }
  Result<std::optional<task::FrameAnswer>> Receive(TimePoint until) override {
    if (due_.empty() || due_.front().first > until) {
      timeline_.WaitUntil(until, {});
      return std::nullopt;
    }
    timeline_.WaitUntil(due_.front().first, {});
    std::optional<task::FrameAnswer> answer = std::move(due_.front().second);
    due_.pop_front();
    return answer;
  }

  std::uint64_t busy_at = 1'000'000;
  std::uint64_t broken_at = 1'000'000;

 private:
  Timeline& timeline_;
  const Duration delay_;
  const std::vector<Outcome> outcomes_;
  std::deque<std::pair<TimePoint, task::FrameAnswer>> due_;
};

class StreamLoadTest : public testing::Test {
 protected:
  StreamReport Run(std::unique_ptr<FakeLink> link) {
    std::vector<std::unique_ptr<FrameLink>> links;
    links.push_back(std::move(link));
    const std::vector<std::vector<std::byte>> pictures(3);
    return RunStreams(
        std::move(links), pictures,
        {.fps = 10, .duration = std::chrono::seconds(1), .in_time = milliseconds(100)}, timeline_);
  }
  std::unique_ptr<FakeLink> Link(Duration delay, std::vector<Outcome> outcomes) {
    return std::make_unique<FakeLink>(timeline_, delay, std::move(outcomes));
  }

  SteppedTimeline timeline_;
};

TEST_F(StreamLoadTest, SendsAtFixedTimesAndCountsWhatComesBack) {
  const StreamReport report = Run(Link(milliseconds(30), {Outcome::kAnswered, Outcome::kTracked}));
  EXPECT_EQ(report.due, 10U);
  EXPECT_EQ(report.outcomes[0], 5U);
  EXPECT_EQ(report.outcomes[1], 5U);
  EXPECT_EQ(report.in_time, 10U);
  EXPECT_EQ(report.latency.Maximum(), milliseconds(30));
  EXPECT_EQ(report.unanswered, 0U);
}

TEST_F(StreamLoadTest, ALateAnswerIsCountedButNotInTime) {
  const StreamReport report = Run(Link(milliseconds(150), {Outcome::kAnswered}));
  EXPECT_EQ(report.outcomes[0], 10U);
  EXPECT_EQ(report.in_time, 0U);
}

TEST_F(StreamLoadTest, SkippedAndFailedFramesHaveNoLatency) {
  const StreamReport report = Run(Link(milliseconds(1), {Outcome::kSkipped, Outcome::kFailed}));
  EXPECT_EQ(report.latency.count(), 0U);
  EXPECT_EQ(report.in_time, 0U);
  EXPECT_EQ(report.failures.at("no picture"), 5U);
}

TEST_F(StreamLoadTest, AFrameThatTheLinkHasNoRoomForIsLost) {
  auto link = Link(milliseconds(1), {Outcome::kAnswered});
  link->busy_at = 4;
  const StreamReport report = Run(std::move(link));
  EXPECT_EQ(report.unsent, 1U);
  EXPECT_EQ(report.outcomes[0], 9U);
}

TEST_F(StreamLoadTest, GivesUpOnAnswersThatDoNotCome) {
  const StreamReport report = Run(Link(std::chrono::hours(1), {Outcome::kAnswered}));
  EXPECT_EQ(report.unanswered, 10U);
}

TEST_F(StreamLoadTest, SaysWhyAStreamEndedEarly) {
  auto link = Link(milliseconds(1), {Outcome::kAnswered});
  link->broken_at = 3;
  const StreamReport report = Run(std::move(link));
  EXPECT_EQ(report.broken, "the node closed the stream");
  EXPECT_NE(ToTable(report).find("ended early"), std::string::npos);
  EXPECT_NE(ToJson(report).find("\"broken\""), std::string::npos);
}

}  // namespace
}  // namespace perigee::trial
