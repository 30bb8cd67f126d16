#include "pipeline/live_session.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/testing/fake_clock.h"
#include "pipeline/testing/manual_threads.h"

namespace perigee::pipeline {
namespace {

using Outcome = task::FrameAnswer::Outcome;

task::Frame FrameOf(std::uint64_t id, TimePoint deadline = kNever) {
  return {.id = id,
          .timestamp_us = static_cast<std::int64_t>(10 * id),
          .bytes = {},
          .deadline = deadline};
}

// "1 answered, 2 skipped".
class Record {
 public:
  task::Session::Sink Sink() {
    return [this](task::FrameAnswer answer) { answers.push_back(std::move(answer)); };
  }
  std::string Text() const {
    std::string text;
    for (const task::FrameAnswer& answer : answers) {
      text += (text.empty() ? "" : ", ") + std::to_string(answer.id) + " " +
              std::string(OutcomeName(answer.outcome));
    }
    return text;
  }
  std::vector<task::FrameAnswer> answers;
};

class LiveSessionTest : public testing::Test {
 protected:
  std::unique_ptr<LiveSession> Open(LiveSession::Work work, task::Context context = {}) {
    return std::make_unique<LiveSession>(
        std::move(work), LiveSession::Stream{std::move(context), threads_.Post(), record_.Sink()},
        clock_);
  }
  static LiveSession::Reply Answered(const task::Frame&, const task::Context&) {
    return {Outcome::kAnswered, task::Answer{}};
  }

  FakeClock clock_;
  ManualThreads threads_;
  Record record_;
};

TEST_F(LiveSessionTest, AnswersAFrameWithItsIdAndHowLongItWaited) {
  const auto session = Open(Answered);
  session->Push(FrameOf(7));
  clock_.Advance(std::chrono::milliseconds(3));
  threads_.RunAll();
  ASSERT_EQ(record_.Text(), "7 answered");
  EXPECT_EQ(record_.answers[0].timestamp_us, 70);
  EXPECT_EQ(record_.answers[0].queued, std::chrono::milliseconds(3));
}

TEST_F(LiveSessionTest, SaysHowLongTheWorkTook) {
  const auto session = Open([this](const task::Frame& frame, const task::Context& context) {
    clock_.Advance(std::chrono::milliseconds(4));
    return Answered(frame, context);
  });
  session->Push(FrameOf(1));
  threads_.RunAll();
  EXPECT_EQ(record_.answers.at(0).compute, std::chrono::milliseconds(4));
  EXPECT_EQ(record_.answers.at(0).queued, std::chrono::milliseconds(0));
}

TEST_F(LiveSessionTest, TheFreshestFrameWins) {
  const auto session = Open(Answered);
  for (std::uint64_t id = 1; id <= 4; ++id) session->Push(FrameOf(id));
  EXPECT_EQ(threads_.queued(), 1U);
  EXPECT_EQ(record_.Text(), "1 skipped, 2 skipped, 3 skipped");
  threads_.RunAll();
  EXPECT_EQ(record_.Text(), "1 skipped, 2 skipped, 3 skipped, 4 answered");
}

TEST_F(LiveSessionTest, AnswersInTheOrderOfPushingWhateverComesDuringWork) {
  LiveSession* pushed_to = nullptr;
  const auto session = Open([&](const task::Frame& frame, const task::Context&) {
    for (std::uint64_t id = 2; frame.id == 1 && id <= 4; ++id) pushed_to->Push(FrameOf(id));
    return LiveSession::Reply{Outcome::kTracked, task::Answer{}};
  });
  pushed_to = session.get();
  session->Push(FrameOf(1));
  ASSERT_TRUE(threads_.RunOne());
  EXPECT_EQ(record_.Text(), "1 tracked, 2 skipped, 3 skipped");
  threads_.RunAll();
  EXPECT_EQ(record_.Text(), "1 tracked, 2 skipped, 3 skipped, 4 tracked");
}

TEST_F(LiveSessionTest, AFrameWhoseTimeIsUpIsNotBegun) {
  int begun = 0;
  const auto session = Open([&](const task::Frame& frame, const task::Context& context) {
    ++begun;
    return Answered(frame, context);
  });
  session->Push(FrameOf(1, clock_.Now() + std::chrono::milliseconds(5)));
  clock_.Advance(std::chrono::milliseconds(5));
  threads_.RunAll();
  ASSERT_EQ(record_.Text(), "1 failed");
  EXPECT_EQ(record_.answers[0].answer.error().code, Code::kDeadlineExceeded);
  EXPECT_EQ(begun, 0);
}

TEST_F(LiveSessionTest, WorkHasTheEarlierOfTheFramesAndTheStreamsDeadline) {
  TimePoint seen;
  const TimePoint early = clock_.Now() + std::chrono::milliseconds(5);
  const auto session = Open(
      [&](const task::Frame& frame, const task::Context& context) {
        seen = context.deadline;
        return Answered(frame, context);
      },
      {.deadline = clock_.Now() + std::chrono::hours(1)});
  session->Push(FrameOf(1, early));
  threads_.RunAll();
  EXPECT_EQ(seen, early);
}

TEST_F(LiveSessionTest, AFailureOrARefusalEndsAFrameButNotTheStream) {
  const auto session = Open([](const task::Frame& frame, const task::Context& context) {
    if (frame.id != 1) return Answered(frame, context);
    return LiveSession::Reply{Outcome::kFailed, Fail(InvalidArgument("decode: no picture"))};
  });
  session->Push(FrameOf(1));
  threads_.RunAll();
  threads_.Refuse(true);
  session->Push(FrameOf(2));
  threads_.Refuse(false);
  session->Push(FrameOf(3));
  threads_.RunAll();
  ASSERT_EQ(record_.Text(), "1 failed, 2 failed, 3 answered");
  EXPECT_EQ(record_.answers[1].answer.error().code, Code::kResourceExhausted);
}

TEST_F(LiveSessionTest, AStoppedStreamAnswersWhatIsLeftWithoutWorking) {
  std::stop_source stop;
  const auto session = Open(Answered, {.stop = stop.get_token()});
  session->Push(FrameOf(1));
  stop.request_stop();
  threads_.RunAll();
  ASSERT_EQ(record_.Text(), "1 failed");
  EXPECT_EQ(record_.answers[0].answer.error().code, Code::kCancelled);
}

// Both in virtual time: a frame takes 10 ms of the one thread there is, the fast camera sends one
// every 10 ms and the slow one every 200 ms, so that the fast one alone would fill the thread.
TEST_F(LiveSessionTest, AFastStreamDoesNotStarveASlowOne) {
  Record slow_record;
  const auto work = [&](const task::Frame& frame, const task::Context& context) {
    clock_.Advance(std::chrono::milliseconds(10));
    return Answered(frame, context);
  };
  const auto fast = Open(work);
  LiveSession slow(work, {{}, threads_.Post(), slow_record.Sink()}, clock_);
  for (std::uint64_t id = 0; id < 200; ++id) {
    fast->Push(FrameOf(id));
    if (id % 20 == 0) slow.Push(FrameOf(id));
    threads_.RunOne();
  }
  threads_.RunAll();
  ASSERT_EQ(slow_record.answers.size(), 10U);
  for (const task::FrameAnswer& answer : slow_record.answers) {
    EXPECT_EQ(answer.outcome, Outcome::kAnswered);
    EXPECT_LE(answer.queued, std::chrono::milliseconds(20));
  }
}

TEST_F(LiveSessionTest, AStreamWithoutBudgetsIsNotStarvedByUrgentOnes) {
  Record patient_record;
  const auto work = [&](const task::Frame& frame, const task::Context& context) {
    clock_.Advance(std::chrono::milliseconds(10));
    return Answered(frame, context);
  };
  const auto urgent = Open(work);
  LiveSession patient(work, {{}, threads_.Post(), patient_record.Sink()}, clock_);
  patient.Push(FrameOf(1));
  for (std::uint64_t id = 0; id < 120; ++id) {
    urgent->Push(FrameOf(id, clock_.Now() + std::chrono::milliseconds(50)));
    threads_.RunOne();
  }
  EXPECT_EQ(patient_record.Text(), "1 answered");
}

TEST_F(LiveSessionTest, EndsOnlyWhenTheThreadsAreDoneWithIt) {
  auto session = Open(Answered);
  session->Push(FrameOf(1));
  std::promise<void> ended;
  std::jthread owner([&] {
    session.reset();
    ended.set_value();
  });
  // Whether the owner is there yet or not, the work finds either a frame or an empty session.
  threads_.RunAll();
  EXPECT_EQ(ended.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
}

TEST_F(LiveSessionTest, FinishReturnsWhenAllAreAnswered) {
  const auto session = Open(Answered);
  session->Push(FrameOf(1));
  std::jthread owner([&] { session->Finish(); });
  threads_.RunAll();
  owner.join();
  EXPECT_EQ(record_.Text(), "1 answered");
}

// What the thread sanitizer looks at: a session pushed to here and worked on elsewhere.
TEST(LiveSession, AnswersEachFrameOnceAndInOrderFromRealThreads) {
  constexpr std::uint64_t kFrames = 500;
  FakeClock clock;
  std::vector<std::uint64_t> ids;  // the sink is called by one thread at a time
  std::mutex mutex;
  std::vector<std::jthread> threads;  // guarded by mutex
  const auto post = [&](TimePoint, task::Seat::Work work) {
    const std::scoped_lock lock(mutex);
    threads.emplace_back([work = std::move(work)]() mutable { work({}); });
  };
  {
    LiveSession session(
        [](const task::Frame&, const task::Context&) {
          return LiveSession::Reply{Outcome::kAnswered, task::Answer{}};
        },
        {{}, post, [&](const task::FrameAnswer& answer) { ids.push_back(answer.id); }}, clock);
    for (std::uint64_t id = 0; id < kFrames; ++id) session.Push(FrameOf(id));
    session.Finish();
  }
  // A thread may still be leaving `post` when the work that it handed over is done.
  for (bool joined = true; joined;) {
    std::vector<std::jthread> leaving;
    {
      const std::scoped_lock lock(mutex);
      leaving.swap(threads);
    }
    joined = !leaving.empty();
  }
  ASSERT_EQ(ids.size(), kFrames);
  EXPECT_TRUE(std::ranges::is_sorted(ids));
}

}  // namespace
}  // namespace perigee::pipeline
