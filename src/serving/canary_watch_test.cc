#include "serving/canary_watch.h"

#include <gtest/gtest.h>

#include <random>

namespace perigee::serving {
namespace {

using Verdict = CanaryWatch::Verdict;

model::CanaryPlan Plan(int window, int good_windows) {
  model::CanaryPlan plan;
  plan.version = "2";
  plan.window = window;
  plan.good_windows = good_windows;
  return plan;
}

// Answers as a model gives them: now and then a failure, compute times with a long tail, seven
// classes of which some are rare. Drawn from a pool, because 20,000 windows want millions.
class Traffic {
 public:
  struct Kind {
    bool labelled = true;
    double failures = 0.01;
    double slowdown = 1;
    double first_class = 60;
  };
  explicit Traffic(unsigned seed) : Traffic(seed, Kind()) {}
  Traffic(unsigned seed, const Kind& kind) : state_(seed), random_(seed) {
    std::discrete_distribution<int> label({kind.first_class, 15, 10, 6, 5, 3, 1});
    std::lognormal_distribution<double> milliseconds(1, 0.3);
    std::normal_distribution<double> mean(kind.first_class, 5);
    std::bernoulli_distribution failed(kind.failures);
    for (CanarySample& sample : pool_) {
      sample.failed = failed(random_);
      const double ms = kind.slowdown * milliseconds(random_);
      sample.compute = std::chrono::microseconds(static_cast<long>(ms * 1000));
      if (kind.labelled) sample.label = label(random_);
      sample.mean = mean(random_);
    }
  }
  // Knuth's MMIX generator: at each step one multiplication, where mt19937 would be half of the
  // time that this test takes.
  const CanarySample& Next() {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    return pool_[state_ >> 48U];
  }

 private:
  std::uint64_t state_ = 1;
  std::mt19937 random_;
  std::vector<CanarySample> pool_ = std::vector<CanarySample>(1 << 16);
};

// Windows until the verdict, at most `windows_max`; two of three answers are stable's.
std::pair<Verdict, int> Watch(CanaryWatch& watch, Traffic& stable, Traffic& candidate,
                              int windows_max) {
  int windows = 0;
  while (windows < windows_max) {
    for (int i = 0; i < 2; ++i) watch.AddStable(stable.Next());
    const Verdict verdict = watch.AddCandidate(candidate.Next());
    if (verdict != Verdict::kNone) ++windows;
    if (verdict == Verdict::kPromote || verdict == Verdict::kRollBack) return {verdict, windows};
  }
  return {Verdict::kGood, windows};
}

// Alarms in `checks` windows of good traffic. Both sides draw from one pool, so that there is no
// difference to be found.
int FalseAlarms(const Traffic::Kind& kind, int window, int checks) {
  const Traffic pool(1, kind);
  Traffic stable = pool;
  Traffic candidate = pool;
  for (int i = 0; i < 12'345; ++i) (void)candidate.Next();  // not in step with the other
  int alarms = 0;
  while (checks > 0) {
    CanaryWatch watch(Plan(window, 0));
    const auto [verdict, windows] = Watch(watch, stable, candidate, checks);
    alarms += verdict == Verdict::kRollBack ? 1 : 0;
    checks -= windows;
  }
  return alarms;
}

TEST(CanaryWatch, RaisesNoMoreThanOneFalseAlarmInAThousandChecks) {
  const int labels = FalseAlarms({.labelled = true}, 100, 10'000);
  const int numbers = FalseAlarms({.labelled = false}, 50, 10'000);
  RecordProperty("labels", labels);
  RecordProperty("numbers", numbers);
  EXPECT_LE(labels, 10);
  EXPECT_LE(numbers, 10);
}

TEST(CanaryWatch, PromotesAfterSoManyGoodWindows) {
  Traffic stable(5);
  Traffic candidate(6);
  CanaryWatch watch(Plan(50, 3));
  EXPECT_EQ(Watch(watch, stable, candidate, 10), std::pair(Verdict::kPromote, 3));
  EXPECT_EQ(watch.good_windows(), 3);
  EXPECT_EQ(watch.candidate_answers(), 150U);
  EXPECT_EQ(watch.AddCandidate(candidate.Next()), Verdict::kNone);
}

TEST(CanaryWatch, RollsBackAtOnceWhatFailsAlways) {
  Traffic stable(7);
  Traffic candidate(8, {.failures = 1});
  CanaryWatch watch(Plan(100, 0));
  EXPECT_EQ(Watch(watch, stable, candidate, 10).first, Verdict::kRollBack);
  EXPECT_EQ(watch.candidate_answers(), 20U);  // at the first look, not at the window's end
  EXPECT_TRUE(watch.reason().starts_with("version 2 failed 20 of 20 requests"));
}

TEST(CanaryWatch, RollsBackWhatComputesLongerThanIsAllowed) {
  Traffic stable(9);
  Traffic little(10, {.slowdown = 1.1});
  CanaryWatch allowed(Plan(100, 5));
  EXPECT_EQ(Watch(allowed, stable, little, 10).first, Verdict::kPromote);
  Traffic candidate(10, {.slowdown = 1.6});
  CanaryWatch watch(Plan(100, 5));
  EXPECT_EQ(Watch(watch, stable, candidate, 10), std::pair(Verdict::kRollBack, 1));
  EXPECT_NE(watch.reason().find("version 2 computes"), std::string::npos);
}

TEST(CanaryWatch, RollsBackWhatAnswersOtherwise) {
  for (const bool labelled : {true, false}) {
    Traffic stable(11, {.labelled = labelled});
    Traffic candidate(12, {.labelled = labelled, .first_class = 5});
    CanaryWatch watch(Plan(100, 5));
    EXPECT_EQ(Watch(watch, stable, candidate, 10), std::pair(Verdict::kRollBack, 1));
    EXPECT_NE(watch.reason().find("chance"), std::string::npos);
  }
}

// The classical example of Fisher's test, and a table whose tail is known.
TEST(Difference, MatchesKnownValues) {
  EXPECT_NEAR(MoreHits({1, 4}, {3, 4}), 17.0 / 70, 1e-9);
  EXPECT_NEAR(MoreHits({0, 10}, {0, 10}), 1, 1e-9);
  // Chi-square of {{30, 10}, {10, 30}} is 20 with one degree of freedom: 7.7e-6.
  EXPECT_NEAR(OtherProportions({{0, 30}, {1, 10}}, {{0, 10}, {1, 30}}), 7.7e-6, 2e-6);
  EXPECT_EQ(OtherProportions({{0, 30}}, {{0, 10}}), 1);
}

TEST(Difference, FindsTheLargerSampleAndNothingInEqualOnes) {
  std::vector<double> low;
  std::vector<double> high;
  for (int i = 0; i < 40; ++i) {
    low.push_back(i);
    high.push_back(i + 30);
  }
  EXPECT_LT(Larger(low, high), 1e-6);
  EXPECT_GT(Larger(high, low), 0.99);
  EXPECT_NEAR(Larger(low, low), 0.5, 0.01);
  EXPECT_EQ(Larger({1, 1, 1}, {1, 1}), 1);
}

}  // namespace
}  // namespace perigee::serving
