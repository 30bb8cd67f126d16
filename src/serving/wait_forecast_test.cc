#include "serving/wait_forecast.h"

#include <gtest/gtest.h>

#include <chrono>
#include <vector>

namespace perigee::serving {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr TimePoint kStart{std::chrono::hours(1)};

class WaitForecastTest : public testing::Test {
 protected:
  WaitForecastTest() { profile_.Seed({{1, milliseconds(10), milliseconds(12)}}); }

  BatchChoice Choice(TimePoint now = kStart) const {
    return {waiting_, profile_, busy_until_, now, 1, 1};
  }

  // One that waited for `wait` with `ahead` in front of it, once or more.
  void Saw(std::uint32_t ahead, Duration wait, Duration budget, int times = 1) {
    for (int i = 0; i < times; ++i) {
      WaitingRequest one{.arrived = kStart, .due = kStart + budget};
      one.ahead = ahead;
      forecast_.Start(one, 1, kStart + wait);
    }
  }

  // Waits, and is due `ms` after the start.
  void Wait(int ms) { waiting_.push_back({.arrived = kStart, .due = kStart + milliseconds(ms)}); }

  ServiceProfile profile_{8};
  std::vector<WaitingRequest> waiting_;
  std::vector<TimePoint> busy_until_;
  WaitForecast forecast_;
};

TEST_F(WaitForecastTest, PredictsNoWaitForAnIdleModel) {
  const task::Hint hint = forecast_.Predict(Choice(), milliseconds(100));
  EXPECT_EQ(hint.wait, Duration::zero());
  EXPECT_NEAR(ToMilliseconds(hint.service), 10, 0.01);
}

TEST_F(WaitForecastTest, PredictsWhatIsLeftOfTheRun) {
  busy_until_ = {kStart + milliseconds(7)};
  EXPECT_EQ(forecast_.Predict(Choice(), milliseconds(100)).wait, milliseconds(7));
  EXPECT_EQ(forecast_.Predict(Choice(), Duration::max()).wait, milliseconds(7));
}

TEST_F(WaitForecastTest, LearnsWhatEachRequestAheadCosts) {
  Saw(2, milliseconds(30), milliseconds(100), 9);
  Saw(2, seconds(30), milliseconds(100));  // an outlier
  for (const int ms : {20, 40, 60}) Wait(ms);
  EXPECT_NEAR(ToMilliseconds(forecast_.Predict(Choice(), milliseconds(100)).wait), 45, 0.1);
  // Of those in front two would be due later than it.
  EXPECT_EQ(forecast_.Predict(Choice(), milliseconds(10)).wait, Duration::zero());
}

TEST_F(WaitForecastTest, LearnsOfThoseThatHaveAsMuchTime) {
  Saw(1, milliseconds(5), milliseconds(80), 20);
  Saw(1, milliseconds(90), milliseconds(400), 20);
  Wait(20);
  EXPECT_NEAR(ToMilliseconds(forecast_.Predict(Choice(), milliseconds(90)).wait), 5, 0.1);
  EXPECT_NEAR(ToMilliseconds(forecast_.Predict(Choice(), milliseconds(300)).wait), 90, 0.1);
}

TEST_F(WaitForecastTest, KnowsHowMuchTimeMostHave) {
  Saw(0, Duration::zero(), milliseconds(80), 30);
  Saw(0, Duration::zero(), milliseconds(400), 10);
  EXPECT_NEAR(ToMilliseconds(forecast_.usual_budget()), 80, 0.01);
}

TEST_F(WaitForecastTest, HoldsForHalfTheWaitOrTheUsualGap) {
  busy_until_ = {kStart + milliseconds(40)};
  EXPECT_EQ(forecast_.Predict(Choice(), milliseconds(100)).valid_for, milliseconds(20));
  busy_until_.clear();
  EXPECT_EQ(forecast_.Predict(Choice(), milliseconds(100)).valid_for, milliseconds(1));
  WaitingRequest one;
  for (int i = 0; i < 9; ++i) forecast_.Arrive(Choice(kStart + i * milliseconds(50)), 0, one);
  EXPECT_NEAR(ToMilliseconds(forecast_.Predict(Choice(), milliseconds(100)).valid_for), 50, 0.1);
}

}  // namespace
}  // namespace perigee::serving
