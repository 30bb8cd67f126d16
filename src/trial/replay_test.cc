#include "trial/replay.h"

#include <gtest/gtest.h>

#include <string>

#include "trial/generate.h"
#include "trial/simulation.h"

namespace perigee::trial {
namespace {

Trace Generated(const std::string& words) {
  const Result<std::string> text = GenerateTrace(words);
  EXPECT_TRUE(text.has_value());
  Result<Trace> trace = ParseTrace(*text);
  EXPECT_TRUE(trace.has_value());
  return *std::move(trace);
}

TEST(Replay, MakesTheRecordedDecisionsAgain) {
  for (const char* words :
       {"load=0.5,events=20000", "load=1.2,events=20000", "load=2,seed=7,events=20000,tenants=5"}) {
    const Trace trace = Generated(words);
    ASSERT_EQ(trace.events.size(), 20000U);
    const Result<Replayed> replayed = Replay(trace);
    ASSERT_TRUE(replayed.has_value()) << replayed.error().message;
    EXPECT_EQ(replayed->differs_at, replayed->events) << words;
    EXPECT_GT(replayed->runs, 400U);
    EXPECT_EQ(replayed->hash, Replay(trace)->hash);
  }
}

TEST(Replay, TellsFromWhereOnDecisionsDiffer) {
  Trace trace = Generated("load=1.2,events=2000");
  std::size_t place = 1000;
  while (trace.events[place].kind != TraceEvent::Kind::kDecide) ++place;
  trace.events[place].hash ^= 1;
  EXPECT_EQ(Replay(trace)->differs_at, place);
}

TEST(Replay, RefusesTheEndOfARunThatDidNotStart) {
  Trace trace = Generated("load=1.2,events=2000");
  std::size_t place = 1000;
  while (trace.events[place].kind != TraceEvent::Kind::kFinish) ++place;
  trace.events[place].rows += 1;
  const Result<Replayed> replayed = Replay(trace);
  ASSERT_FALSE(replayed.has_value());
  EXPECT_EQ(replayed.error().code, Code::kInvalidArgument);
}

TEST(Replay, FollowsEveryRequestToItsEnd) {
  const Result<Outcome> outcome = Follow(Generated("load=1.6,events=50000"));
  ASSERT_TRUE(outcome.has_value());
  EXPECT_GT(outcome->arrived, 10000U);
  EXPECT_EQ(outcome->arrived, outcome->in_time + outcome->late + outcome->dropped +
                                  outcome->refused + outcome->removed + outcome->unended);
  EXPECT_NEAR(outcome->goodput(), 0.61, 0.03);
}

TEST(Replay, KnowsRemovalsAndClears) {
  const Result<Trace> trace = ParseTrace(
      "perigee-trace 1\noptions 1 1 0 8 0\n"
      "a 0 1 1 0 - 1 0\na 0 2 1 0 - 1 0\na 0 3 1 0 - 1 0\nr 2\nr 2\nd 5 0\nc\nf 7 7 1 1\n");
  ASSERT_TRUE(trace.has_value());
  const Result<Outcome> outcome = Follow(*trace);
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->removed, 2U);
  EXPECT_EQ(outcome->in_time, 1U);
  EXPECT_EQ(outcome->unended, 0U);
}

TEST(GenerateTrace, GivesTheSameTextForTheSameWords) {
  EXPECT_EQ(*GenerateTrace("seed=3,events=500"), *GenerateTrace("events=500,seed=3"));
  EXPECT_NE(*GenerateTrace("seed=3,events=500"), *GenerateTrace("seed=4,events=500"));
}

TEST(GenerateTrace, RefusesWordsItDoesNotKnow) {
  for (const char* words :
       {"load", "load=", "load=x", "load=0", "load=nan", "load=1e9", "events=0", "events=9999999",
        "events=1.5", "seed=-1", "tenants=0", "speed=1", "=", ",", "load=1;seed=2"}) {
    const Result<std::string> text = GenerateTrace(words);
    ASSERT_FALSE(text.has_value()) << words;
    EXPECT_EQ(text.error().code, Code::kInvalidArgument);
  }
}

}  // namespace
}  // namespace perigee::trial
