#include "serving/tally.h"

#include <gtest/gtest.h>

namespace perigee::serving {
namespace {

using std::chrono::milliseconds;
using Moment = Tally::Moment;

const TimePoint kStart = TimePoint(std::chrono::hours(1));

TEST(Tally, TellsApartWhyRequestsWereLate) {
  Tally tally;
  tally.Failure(Moment::kArrival, Code::kDeadlineExceeded, 0, {});
  tally.Failure(Moment::kWaiting, Code::kDeadlineExceeded, 0, {});
  tally.Failure(Moment::kWaiting, Code::kDeadlineExceeded, 0, {});
  tally.Failure(Moment::kRun, Code::kDeadlineExceeded, 0, {});
  tally.Failure(Moment::kArrival, Code::kResourceExhausted, 0, {});
  tally.Failure(Moment::kRun, Code::kCancelled, 0, {});
  const model::Statistics statistics = tally.statistics();
  EXPECT_EQ(statistics.fail.count, 6U);
  EXPECT_EQ(statistics.late, 4U);
  EXPECT_EQ(statistics.late_on_arrival, 1U);
  EXPECT_EQ(statistics.dropped, 2U);
  EXPECT_EQ(statistics.late_in_run, 1U);
  EXPECT_EQ(statistics.rejected, 1U);
  EXPECT_EQ(statistics.cancelled, 1U);
}

TEST(Tally, SeesHowEarlyAnAnswerCame) {
  Tally tally;
  Batch batch;
  batch.started = kStart + milliseconds(10);
  Request request;
  request.submitted = kStart;
  tally.Success(batch, request, kStart + milliseconds(20));  // no deadline: no slack
  request.deadline = kStart + milliseconds(50);
  tally.Success(batch, request, kStart + milliseconds(20));
  tally.Success(batch, request, kStart + milliseconds(52));
  const model::Statistics statistics = tally.statistics();
  EXPECT_NEAR(statistics.slack.sum_seconds, 0.030 - 0.002, 1e-9);
  EXPECT_EQ(statistics.slack.counts[5], 1U);  // above -0.01, up to 0
  EXPECT_EQ(statistics.slack.counts[8], 1U);  // above 0.025, up to 0.05
  EXPECT_EQ(statistics.tenants.at("").in_time, 2U);
  EXPECT_EQ(statistics.tenants.at("").late, 1U);
  EXPECT_NEAR(statistics.queue_time.sum_seconds, 0.030, 1e-9);
}

TEST(Tally, CountsTheTimeOfRunsThatNobodyWantedAnyMore) {
  Tally tally;
  Batch batch;
  batch.rows = 1;
  batch.compute = milliseconds(7);
  tally.Run(batch, true);
  tally.Run(batch, false);
  EXPECT_EQ(tally.statistics().abandoned.count, 1U);
  EXPECT_EQ(tally.statistics().abandoned.total, milliseconds(7));
  EXPECT_EQ(tally.statistics().batches.at(1).infer.total, milliseconds(14));
}

TEST(Tally, NumbersTenantsDenselyAndKnowsThemAgain) {
  Tally tally;
  EXPECT_EQ(tally.Tenant(""), 0U);
  EXPECT_EQ(tally.Tenant("a"), 1U);
  EXPECT_EQ(tally.Tenant("b"), 2U);
  EXPECT_EQ(tally.Tenant("a"), 1U);
  tally.Failure(Moment::kArrival, Code::kResourceExhausted, 1, {});
  EXPECT_EQ(tally.statistics().tenants.at("a").rejected, 1U);
  EXPECT_EQ(tally.statistics().tenants.at("b").rejected, 0U);
}

TEST(Tally, TenantsBeyondTheBoundShareOneNumber) {
  Tally tally;
  std::uint32_t last = 0;
  for (int i = 0; i < 5000; ++i) last = std::max(last, tally.Tenant("t" + std::to_string(i)));
  EXPECT_EQ(last, model::kTenantsMax - 1);
  EXPECT_EQ(tally.Tenant("one more"), last);
  EXPECT_EQ(tally.Tenant("t0"), 1U);
  EXPECT_EQ(tally.statistics().tenants.size(), model::kTenantsMax);
  EXPECT_TRUE(tally.statistics().tenants.contains(model::kTenantsRest));
}

TEST(Tally, StatisticsOfSeveralModelsAddUp) {
  Tally one;
  Tally other;
  one.Tenant("a");
  other.Tenant("b");
  one.Failure(Moment::kWaiting, Code::kDeadlineExceeded, 1, milliseconds(3));
  other.Failure(Moment::kWaiting, Code::kDeadlineExceeded, 1, milliseconds(4));
  model::Statistics sum = one.statistics();
  sum.Add(other.statistics());
  EXPECT_EQ(sum.fail.count, 2U);
  EXPECT_EQ(sum.fail.total, milliseconds(7));
  EXPECT_EQ(sum.dropped, 2U);
  EXPECT_EQ(sum.tenants.at("a").late, 1U);
  EXPECT_EQ(sum.tenants.at("b").late, 1U);
}

}  // namespace
}  // namespace perigee::serving
