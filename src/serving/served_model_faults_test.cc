// Backends that throw, answer what they should not, hang, or take long for callers who have left.
#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <stdexcept>
#include <thread>

#include "base/testing/fake_clock.h"
#include "serving/served_model.h"
#include "serving/testing/fake_backend.h"
#include "serving/testing/submission.h"

namespace perigee::serving {
namespace {

using model::Tensors;
using std::chrono::milliseconds;
using tensor::DType;
using tensor::Tensor;

std::unique_ptr<FakeBackend> Running(FakeBackend::Run run, std::int64_t width = 2) {
  return std::make_unique<FakeBackend>(
      std::vector<model::TensorSpec>{{"x", DType::kFp32, {-1, width}, {}}},
      std::vector<model::TensorSpec>{{"y", DType::kFp32, {-1, width}, {}}}, std::move(run));
}

Tensors Same(const Tensors& batch) {
  const Tensor& x = batch.at(0).tensor;
  return {{"y", Tensor::Of<float>(x.shape(), x.As<float>())}};
}

// Holds runs of negative numbers, whatever stop is requested, until it is opened.
struct HangingGate {
  Gate gate;

  std::unique_ptr<FakeBackend> Backend(std::int64_t width = 2) {
    const auto run = [this](const Tensors& batch, const std::stop_token&) -> Result<Tensors> {
      if (batch[0].tensor.As<float>()[0] < 0) gate.Enter({});
      return Same(batch);
    };
    return Running(run, width);
  }
};

template <typename Condition>
void WaitFor(Condition condition) {
  while (!condition()) std::this_thread::yield();
}

TEST(ServedModelFaults, ASessionThatThrowsIsReplacedAndTheNextCallerIsAnswered) {
  std::atomic<int> runs = 0;
  const auto backend = Running([&](const Tensors& batch, const std::stop_token&) {
    if (++runs == 1) throw std::runtime_error("bad luck");
    return Same(batch);
  });
  const auto model = Serve(*backend);
  EXPECT_EQ(Submission(*model, Submission::X(1, 1)).Failure(), Code::kInternal);
  EXPECT_TRUE(Submission(*model, Submission::X(1, 2)).Answer().has_value());
  EXPECT_EQ(backend->sessions_opened(), 2);
  EXPECT_EQ(model->statistics().sessions_replaced, 1U);
}

TEST(ServedModelFaults, ASessionThatAnswersInAWrongShapeIsReplaced) {
  std::atomic<int> runs = 0;
  const auto backend = Running([&](const Tensors& batch, const std::stop_token&) {
    if (++runs == 1) return Tensors{{"y", Tensor::Zeros(DType::kFp32, {7, 7})}};
    return Same(batch);
  });
  const auto model = Serve(*backend);
  EXPECT_EQ(Submission(*model, Submission::X(1, 1)).Failure(), Code::kInternal);
  EXPECT_TRUE(Submission(*model, Submission::X(1, 2)).Answer().has_value());
  EXPECT_EQ(backend->sessions_opened(), 2);
}

TEST(ServedModelFaults, ABatchWhoseRunThrewIsNotTriedAgainRowByRow) {
  const auto backend = Running([](const Tensors&, const std::stop_token&) -> Result<Tensors> {
    throw std::runtime_error("bad luck");
  });
  const auto model =
      Serve(*backend, {.batch_max = 2, .gather_max = 2, .wait_max = std::chrono::minutes(1)});
  Submission first(*model, Submission::X(1, 1));
  Submission second(*model, Submission::X(1, 2));
  EXPECT_EQ(first.Failure(), Code::kInternal);
  EXPECT_EQ(second.Answer().error().message, "infer m: run session: bad luck");
  EXPECT_EQ(backend->runs(), 1);
}

TEST(ServedModelFaults, SessionsThatAllBreakAreNotReplacedWithoutEnd) {
  const auto backend = Running([](const Tensors&, const std::stop_token&) -> Result<Tensors> {
    throw std::runtime_error("bad luck");
  });
  FakeClock clock;
  const auto model = Serve(*backend, {}, clock);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(Submission(*model, Submission::X(1, 1)).Failure(), Code::kInternal);
  }
  EXPECT_LE(backend->sessions_opened(), 2);
  clock.Advance(std::chrono::seconds(2));
  EXPECT_EQ(Submission(*model, Submission::X(1, 1)).Failure(), Code::kInternal);
  EXPECT_EQ(Submission(*model, Submission::X(1, 1)).Failure(), Code::kInternal);
  EXPECT_EQ(backend->sessions_opened(), 3);
}

TEST(ServedModelFaults, AnOverlongRunThatHeedsItsStopIsAnsweredInternal) {
  Gate gate;  // never opened, but its runs can be stopped
  const auto backend = IdentityBackend(&gate);
  const auto model = Serve(*backend, {.run_max = milliseconds(5)});
  EXPECT_EQ(Submission(*model, Submission::X(1, 1)).Failure(), Code::kInternal);
  EXPECT_EQ(backend->sessions_opened(), 1);
  EXPECT_EQ(model->statistics().hung_now, 0U);
}

TEST(ServedModelFaults, AHungRunsCallersAreAnsweredAndAnotherInstanceTakesOver) {
  HangingGate hang;
  const auto backend = hang.Backend();
  {
    const auto model = Serve(*backend, {.run_max = milliseconds(5)});
    {
      Submission hung(*model, Submission::X(1, -1));
      EXPECT_EQ(hung.Failure(), Code::kInternal);
    }  // its inputs are gone; the run must not look at them
    EXPECT_TRUE(Submission(*model, Submission::X(1, 2)).Answer().has_value());
    EXPECT_EQ(model->statistics().hung_now, 1U);
    EXPECT_EQ(model->profile().devices.size(), 2U);
    hang.gate.Open();
    WaitFor([&] { return model->statistics().hung_now == 0; });
    EXPECT_TRUE(Submission(*model, Submission::X(1, 3)).Answer().has_value());
    WaitFor([&] { return model->profile().devices.size() == 1; });
  }
  EXPECT_EQ(backend->sessions_opened(), 2);
}

TEST(ServedModelFaults, AHungRunWhoseDeadlinePassedIsAnsweredAsLate) {
  HangingGate hang;
  const auto backend = hang.Backend();
  const auto model = Serve(*backend, {.run_max = std::chrono::minutes(1)});
  Submission late(*model, Submission::X(1, -1), kClock.Now() + milliseconds(5));
  EXPECT_EQ(late.Failure(), Code::kDeadlineExceeded);
  EXPECT_EQ(model->statistics().late_in_run, 1U);
  EXPECT_EQ(model->statistics().hung_now, 0U);
  hang.gate.Open();
  EXPECT_TRUE(Submission(*model, Submission::X(1, 2)).Answer().has_value());
  EXPECT_EQ(model->statistics().abandoned.count, 1U);
}

TEST(ServedModelFaults, AModelWhoseRunsAllHangIsUnavailableUntilOneReturns) {
  HangingGate hang;
  const auto backend = hang.Backend();
  const auto model = Serve(*backend, {.run_max = milliseconds(1)});
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(Submission(*model, Submission::X(1, -1)).Failure(), Code::kInternal) << i;
  }
  WaitFor([&] { return model->statistics().hung_now == 5; });
  EXPECT_EQ(Submission(*model, Submission::X(1, 1)).Failure(), Code::kUnavailable);
  hang.gate.Open();
  WaitFor([&] { return model->statistics().hung_now == 0; });
  EXPECT_TRUE(Submission(*model, Submission::X(1, 1)).Answer().has_value());
}

TEST(ServedModelFaults, TheCallerOfLargeInputsWaitsForAHungRunAsTheyAreNotCopied) {
  HangingGate hang;
  const std::vector<float> values(100'000, -1);  // 400 kB
  const auto backend = hang.Backend(100'000);
  const auto model = Serve(*backend, {.run_max = milliseconds(1)});
  Submission large(*model, {{"x", Tensor::Of<float>({1, 100'000}, values)}});
  WaitFor([&] { return model->statistics().hung_now == 1; });
  const std::vector<float> fine(100'000, 1);
  Submission other(*model, {{"x", Tensor::Of<float>({1, 100'000}, fine)}});
  EXPECT_TRUE(other.Answer().has_value());
  EXPECT_FALSE(large.answered());
  hang.gate.Open();
  EXPECT_TRUE(large.Answer().has_value());
}

// A model of about two seconds that looks for its stop every few milliseconds.
TEST(ServedModelFaults, ALongRunEndsWhenItsOnlyCallerLeavesAndTheNextIsServedAtOnce) {
  Gate gate;
  const auto backend = IdentityBackend(&gate);
  const auto model = Serve(*backend);
  Submission leaves(*model, Submission::X(1, 1));
  gate.WaitForRuns(1);
  const TimePoint left = kClock.Now();
  leaves.Stop();
  EXPECT_EQ(leaves.Failure(), Code::kCancelled);
  Submission next(*model, Submission::X(1, 2));
  gate.WaitForRuns(2);
  EXPECT_LT(kClock.Now() - left, milliseconds(20));
  gate.Open();
  EXPECT_TRUE(next.Answer().has_value());
  EXPECT_EQ(model->statistics().abandoned.count, 1U);
  EXPECT_GT(model->statistics().abandoned.total, Duration::zero());
}

// For the thread sanitizer: callers who come and go while runs are stopped, hang and throw.
TEST(ServedModelFaults, EveryRequestIsAnsweredOnceThoughCallersLeaveAndRunsMisbehave) {
  std::atomic<unsigned> runs = 0;
  const auto backend = Running([&](const Tensors& batch, const std::stop_token&) {
    const unsigned run = ++runs;
    if (run % 97 == 0) throw std::runtime_error("bad luck");
    for (unsigned i = 0; i < run % 7 * 100; ++i) std::this_thread::yield();
    return Same(batch);
  });
  const auto model = Serve(*backend, {.instances = 2, .gather_max = 4, .run_max = milliseconds(1)});
  std::vector<std::jthread> callers;
  for (unsigned caller = 0; caller < 3; ++caller) {
    callers.emplace_back([&model, caller] {
      std::mt19937 random(caller);
      for (int i = 0; i < 150; ++i) {
        const auto budget = std::chrono::microseconds(50 + random() % 5000);
        const bool leaves = random() % 3 == 0;
        Submission one(*model, Submission::X(1 + random() % 2, 1), kClock.Now() + budget,
                       "t" + std::to_string(caller));
        if (leaves) one.Stop();
        const auto answer = one.Answer();
        ASSERT_TRUE(answer.has_value() || answer.error().code != Code::kInvalidArgument);
      }
    });
  }
  callers.clear();
  const model::Statistics statistics = model->statistics();
  EXPECT_EQ(statistics.success.count + statistics.fail.count, 450U);
}

}  // namespace
}  // namespace perigee::serving
