#include "trial/load.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <barrier>
#include <cmath>

#include "trial/testing/fake_timeline.h"

namespace perigee::trial {
namespace {

using std::chrono::milliseconds;

// A server that takes `service` of the fake time for each call.
Call Taking(FakeTimeline& timeline, Duration service) {
  return [&timeline, service](const task::Context&) -> Result<CallTimes> {
    timeline.Advance(service);
    return CallTimes{.sent_bytes = 10, .received_bytes = 3, .queued = service / 4};
  };
}

std::vector<Call> One(Call call) {
  std::vector<Call> calls;
  calls.push_back(std::move(call));
  return calls;
}

TEST(Load, ClosedLoopMeasuresEachCallFromItsOwnStart) {
  FakeTimeline timeline;
  const auto report = RunLoad(One(Taking(timeline, milliseconds(20))),
                              {.duration = milliseconds(1000)}, timeline, {});
  ASSERT_TRUE(report.has_value()) << report.error().message;
  EXPECT_EQ(report->requests, 50u);
  EXPECT_EQ(report->succeeded, 50u);
  EXPECT_EQ(report->wall, milliseconds(1000));
  EXPECT_DOUBLE_EQ(report->Throughput(), 50);
  EXPECT_EQ(report->latency.p99, milliseconds(20));
  EXPECT_EQ(report->sent_bytes, 500u);
  EXPECT_EQ(report->received_bytes, 150u);
  EXPECT_EQ(report->queued_mean, milliseconds(5));
  EXPECT_FALSE(report->compute_mean.has_value());
}

TEST(Load, OpenLoopCountsTheTimeThatARequestWaitedForAClient) {
  FakeTimeline timeline;
  const LoadOptions options{.duration = milliseconds(500),
                            .rate_per_second = 20,  // every 50 ms, each taking 100 ms
                            .spacing = Spacing::kUniform};
  const auto report = RunLoad(One(Taking(timeline, milliseconds(100))), options, timeline, {});
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->succeeded, 5u);  // latencies 100, 150, 200, 250, 300
  EXPECT_EQ(report->latency.minimum, milliseconds(100));
  EXPECT_EQ(report->latency.mean, milliseconds(200));
  EXPECT_EQ(report->latency.maximum, milliseconds(300));
  EXPECT_EQ(report->dropped, 5u);  // still waiting when the time was over
}

TEST(Load, CountsWhatCameInTimeFromTheIntendedStart) {
  FakeTimeline timeline;
  const LoadOptions options{.duration = milliseconds(500),
                            .rate_per_second = 20,  // latencies 100, 150, 200, 250, 300
                            .spacing = Spacing::kUniform,
                            .budget = milliseconds(200)};
  const auto report = RunLoad(One(Taking(timeline, milliseconds(100))), options, timeline, {});
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->in_time, 3u);
  EXPECT_DOUBLE_EQ(report->Goodput(), 0.3);  // of ten that should have been asked
}

TEST(Load, TellsEachCallItsBudgetAndTenant) {
  FakeTimeline timeline;
  std::vector<task::Context> seen;
  const TimePoint start = timeline.Now();
  Call call = [&](const task::Context& context) -> Result<CallTimes> {
    seen.push_back(context);
    timeline.Advance(milliseconds(30));
    return CallTimes{};
  };
  const LoadOptions options{.requests = 2,
                            .rate_per_second = 100,
                            .spacing = Spacing::kUniform,
                            .budget = milliseconds(80),
                            .tenant = "ward"};
  ASSERT_TRUE(RunLoad(One(std::move(call)), options, timeline, {}).has_value());
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_EQ(seen[0].tenant, "ward");
  // The second was to start 10 ms after the first, and waited for it.
  EXPECT_EQ(seen[1].deadline - seen[0].deadline, milliseconds(10));
  EXPECT_LE(seen[0].deadline, start + milliseconds(90));
}

TEST(Load, MeasuresHowWellTheNodePredicts) {
  FakeTimeline timeline;
  int calls = 0;
  Call call = [&](const task::Context&) -> Result<CallTimes> {
    timeline.Advance(milliseconds(10));
    // Says 12 ms and takes 10; the last prediction is not in force any more.
    const Duration valid = ++calls == 3 ? Duration{} : milliseconds(50);
    return CallTimes{
        .queued = milliseconds(4),
        .compute = milliseconds(6),
        .next = {.wait = milliseconds(4), .service = milliseconds(8), .valid_for = valid}};
  };
  const auto report = RunLoad(One(std::move(call)), {.requests = 4}, timeline, {});
  ASSERT_TRUE(report.has_value());
  ASSERT_TRUE(report->hint_error.has_value());
  EXPECT_NEAR(*report->hint_error, 0.2, 0.01);
}

TEST(Load, OpenLoopWaitsForTheNextArrivalWhenTheServerIsFast) {
  FakeTimeline timeline;
  const LoadOptions options{.requests = 20, .rate_per_second = 10, .spacing = Spacing::kUniform};
  const auto report = RunLoad(One(Taking(timeline, milliseconds(1))), options, timeline, {});
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->requests, 20u);
  EXPECT_EQ(report->latency.maximum, milliseconds(1));
  EXPECT_EQ(report->wall, milliseconds(1901));
  EXPECT_EQ(report->dropped, 0u);
}

TEST(Load, OpenLoopDropsWhatDoesNotFitTheBacklog) {
  FakeTimeline timeline;
  const LoadOptions options{
      .requests = 12, .rate_per_second = 1000, .spacing = Spacing::kUniform, .backlog_max = 2};
  const auto report = RunLoad(One(Taking(timeline, milliseconds(100))), options, timeline, {});
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->succeeded, 3u);  // one at once, two that waited
  EXPECT_EQ(report->dropped, 9u);
}

TEST(Load, LeavesTheWarmUpOut) {
  FakeTimeline timeline;
  int calls = 0;
  Call slow_at_first = [&](const task::Context&) -> Result<CallTimes> {
    timeline.Advance(++calls <= 2 ? milliseconds(500) : milliseconds(10));
    return CallTimes{};
  };
  const auto report =
      RunLoad(One(std::move(slow_at_first)),
              {.warm_up = milliseconds(1000), .duration = milliseconds(100)}, timeline, {});
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(calls, 12);
  EXPECT_EQ(report->requests, 10u);
  EXPECT_EQ(report->latency.maximum, milliseconds(10));
}

TEST(Load, CountsErrorsByCodeAndKeepsTheFirstSentence) {
  FakeTimeline timeline;
  int calls = 0;
  Call failing = [&](const task::Context&) -> Result<CallTimes> {
    timeline.Advance(milliseconds(1));
    if (++calls % 2 == 0) return CallTimes{};
    return Fail(calls < 5 ? Unavailable("call: refused") : ResourceExhausted("call: queue full"));
  };
  const auto report = RunLoad(One(std::move(failing)), {.requests = 10}, timeline, {});
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->requests, 10u);
  EXPECT_EQ(report->succeeded, 5u);
  EXPECT_EQ(report->errors.at(Code::kUnavailable), 2u);
  EXPECT_EQ(report->errors.at(Code::kResourceExhausted), 3u);
  EXPECT_EQ(report->first_error, "call: refused");
}

TEST(Load, GivesEachCallItsDeadline) {
  FakeTimeline timeline;
  Duration budget{};
  Call call = [&](const task::Context& context) -> Result<CallTimes> {
    budget = context.deadline - timeline.Now();
    return CallTimes{};
  };
  const LoadOptions options{.requests = 1, .timeout = milliseconds(70)};
  ASSERT_TRUE(RunLoad(One(std::move(call)), options, timeline, {}).has_value());
  EXPECT_EQ(budget, milliseconds(70));
}

TEST(Load, RunsItsClientsAtTheSameTime) {
  SteadyTimeline timeline;
  std::barrier together(4);  // passes only when four calls are in flight
  std::vector<Call> calls;
  for (int i = 0; i < 4; ++i) {
    calls.emplace_back([&](const task::Context&) -> Result<CallTimes> {
      together.arrive_and_wait();
      return CallTimes{};
    });
  }
  const auto report = RunLoad(std::move(calls), {.requests = 4}, timeline, {});
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->clients, 4u);
  EXPECT_EQ(report->requests, 4u);
}

TEST(Load, EndsWhenStoppedEvenWhileWaitingForAnArrival) {
  SteadyTimeline timeline;
  std::stop_source stop;
  Call call = [&](const task::Context&) -> Result<CallTimes> {
    stop.request_stop();
    return CallTimes{};
  };
  const LoadOptions options{
      .duration = std::chrono::hours(1), .rate_per_second = 0.01, .spacing = Spacing::kUniform};
  const auto report = RunLoad(One(std::move(call)), options, timeline, stop.get_token());
  ASSERT_TRUE(report.has_value());
  EXPECT_TRUE(report->stopped);
  EXPECT_EQ(report->succeeded, 1u);
}

TEST(Load, DoesNotBlameTheServerForAStop) {
  SteadyTimeline timeline;
  std::stop_source stop;
  Call call = [&](const task::Context& context) -> Result<CallTimes> {
    stop.request_stop();
    EXPECT_TRUE(context.stop.stop_requested());
    return Fail(Cancelled("call: stopped"));
  };
  const auto report = RunLoad(One(std::move(call)), {}, timeline, stop.get_token());
  ASSERT_TRUE(report.has_value());
  EXPECT_TRUE(report->errors.empty());
  EXPECT_EQ(report->Throughput(), 0);
}

TEST(Load, AccountsForAServerProcess) {
  SteadyTimeline timeline;
  Call busy = [](const task::Context&) -> Result<CallTimes> {
    const Duration until = OwnCpuTime() + milliseconds(50);
    while (OwnCpuTime() < until) {
    }
    return CallTimes{};
  };
  const auto report =
      RunLoad(One(std::move(busy)), {.requests = 2, .server_pid = getpid()}, timeline, {});
  ASSERT_TRUE(report.has_value());
  EXPECT_GE(report->client_cpu, milliseconds(100));
  ASSERT_TRUE(report->server.has_value());
  EXPECT_GE(report->server->cpu, milliseconds(70));
  EXPECT_GT(report->server->resident_bytes, 0u);
}

TEST(Load, RefusesOptionsThatMakeNoSense) {
  FakeTimeline timeline;
  const std::vector<LoadOptions> wrong = {{.warm_up = Duration(-1)}, {.duration = Duration{}},
                                          {.rate_per_second = -1},   {.rate_per_second = NAN},
                                          {.rate_per_second = 2e6},  {.backlog_max = 0},
                                          {.timeout = Duration{}},   {.duration = Duration::max()}};
  for (const LoadOptions& options : wrong) {
    const auto report = RunLoad(One(Taking(timeline, Duration(1))), options, timeline, {});
    ASSERT_FALSE(report.has_value());
    EXPECT_EQ(report.error().code, Code::kInvalidArgument);
  }
  EXPECT_FALSE(RunLoad({}, {}, timeline, {}).has_value());
  const LoadOptions no_process{.server_pid = -1};
  EXPECT_EQ(RunLoad(One(Taking(timeline, Duration(1))), no_process, timeline, {}).error().code,
            Code::kNotFound);
}

}  // namespace
}  // namespace perigee::trial
