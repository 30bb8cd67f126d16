#include "trial/trace.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "serving/trace_recorder.h"

namespace perigee::trial {
namespace {

using serving::TraceRecorder;
using std::chrono::milliseconds;
using Kind = TraceEvent::Kind;

constexpr TimePoint kStart{std::chrono::hours(7)};
const std::string kHead = "perigee-trace 1\noptions 1 8 0 256 0\n";

// Every kind of event, as a Backlog would record it.
void RecordOneOfEach(TraceRecorder& recorder) {
  recorder.Seed({{1, milliseconds(3), milliseconds(4)}, {8, milliseconds(5), milliseconds(6)}});
  recorder.Push({.id = 9,
                 .rows = 2,
                 .shape_key = 0xabc,
                 .deadline = kStart + milliseconds(80),
                 .priority = task::Priority::kLow,
                 .tenant = 3},
                kStart);
  recorder.Push({.id = 10}, kStart + milliseconds(1));
  serving::Decision decision;
  decision.run = {9};
  recorder.Decide(kStart + milliseconds(2), true, decision);
  recorder.Decide(kStart + milliseconds(2), false, decision);
  recorder.Finish(kStart + milliseconds(2), 2, kStart + milliseconds(9), true);
  recorder.Remove(10);
  recorder.Clear();
}

Trace RoundTrip() {
  std::string text;
  TraceRecorder recorder(
      {.instances = 2, .batch_max = 8, .wait_max = milliseconds(1), .queue_max = 16, .rows_max = 9},
      [&text](std::string_view lines) { text += lines; }, 1 << 20);
  RecordOneOfEach(recorder);
  recorder.Flush();
  Result<Trace> trace = ParseTrace(text);
  EXPECT_TRUE(trace.has_value()) << trace.error().message;
  return *std::move(trace);
}

TEST(Trace, ReadsWhatWasRecorded) {
  const Trace trace = RoundTrip();
  EXPECT_EQ(trace.options.instances, 2);
  EXPECT_EQ(trace.options.wait_max, milliseconds(1));
  EXPECT_EQ(trace.options.rows_max, 9);
  ASSERT_EQ(trace.events.size(), 8U);
  ASSERT_EQ(trace.seeds.size(), 1U);
  EXPECT_EQ(trace.seeds[0][1].p95, milliseconds(6));
  const std::vector<Kind> kinds = {Kind::kSeed,   Kind::kArrive, Kind::kArrive, Kind::kDecide,
                                   Kind::kExpire, Kind::kFinish, Kind::kRemove, Kind::kClear};
  for (std::size_t i = 0; i < kinds.size(); ++i) EXPECT_EQ(trace.events[i].kind, kinds[i]);
}

TEST(Trace, KeepsWhatARequestIs) {
  const Trace trace = RoundTrip();
  const TraceEvent& first = trace.events[1];
  EXPECT_EQ(first.request.id, 9U);
  EXPECT_EQ(first.request.rows, 2);
  EXPECT_EQ(first.request.shape_key, 0xabcU);
  EXPECT_EQ(first.request.deadline - first.at, milliseconds(80));
  EXPECT_EQ(first.request.priority, task::Priority::kLow);
  EXPECT_EQ(first.request.tenant, 3U);
  EXPECT_EQ(trace.events[2].request.deadline, kNever);
}

TEST(Trace, KeepsTimesRelativeToEachOther) {
  const Trace trace = RoundTrip();
  EXPECT_EQ(trace.events[2].at - trace.events[1].at, milliseconds(1));
  EXPECT_EQ(trace.events[5].at - trace.events[1].at, milliseconds(9));
  EXPECT_EQ(trace.events[5].started, trace.events[3].at);
  EXPECT_TRUE(trace.events[5].learn);
}

TEST(Trace, StopsAtItsBoundAtTheEndOfALine) {
  std::string text;
  TraceRecorder recorder({}, [&text](std::string_view lines) { text += lines; }, 2000);
  for (std::uint64_t id = 0; id < 100'000; ++id) recorder.Push({.id = id}, kStart);
  recorder.Flush();
  EXPECT_LE(text.size(), 2000U);
  EXPECT_GE(text.size(), 1900U);
  EXPECT_EQ(text.back(), '\n');
  EXPECT_TRUE(ParseTrace(text).has_value());
}

TEST(Trace, NamesTheLineThatIsWrong) {
  const Result<Trace> trace = ParseTrace(kHead + "a 0 1 1 0 - 1 0\na 0 1 0 0 - 1 0\n");
  ASSERT_FALSE(trace.has_value());
  EXPECT_EQ(trace.error().code, Code::kInvalidArgument);
  EXPECT_EQ(trace.error().message, "read trace: line 4: rows is not a number of 1 to 4096");
}

void ExpectRefused(const std::string& text) {
  const Result<Trace> trace = ParseTrace(text);
  ASSERT_FALSE(trace.has_value()) << text;
  EXPECT_EQ(trace.error().code, Code::kInvalidArgument);
}

TEST(Trace, RefusesWhatHasNoHeadOrBadOptions) {
  for (const char* text : {"", "\n", "perigee-trace 2\n", "perigee-trace 1\n"}) ExpectRefused(text);
  for (const char* options :
       {"1 8 0 256", "0 8 0 256 0", "1 8 0 99999 0", "1 8 0 256 0 7", "1 8 -1 256 0", "x"}) {
    ExpectRefused(std::string("perigee-trace 1\noptions ") + options + "\n");
  }
}

TEST(Trace, RefusesWhatIsNoEvent) {
  for (const char* line : {"", "x 1", "d 1", "d -1 0", "d 1 g", "r", "c 1", "a 1 1 1 0 - 3 0",
                           "a 1 1 1 0 - 1 4096", "a 1 1 1 0 99999999999999999999 1 0", "f 1 1 1 2",
                           "s 2 1 1 1 1 1", "s 1 1", "d 99999999999999999 0"}) {
    ExpectRefused(kHead + line + "\n");
  }
}

}  // namespace
}  // namespace perigee::trial
