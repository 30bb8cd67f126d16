// Runs on a caller's own thread, where the caller lends it.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <future>
#include <stdexcept>
#include <thread>
#include <vector>

#include "serving/served_model.h"
#include "serving/testing/fake_backend.h"
#include "serving/testing/submission.h"

namespace perigee::serving {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

// Says which thread ran last.
class Witness {
 public:
  FakeBackend::Run Sees() {
    return [this](const model::Tensors& batch, const std::stop_token&) {
      seen_ = std::this_thread::get_id();
      const tensor::Tensor& x = batch.at(0).tensor;
      return model::Tensors{{"y", tensor::Tensor::Of<float>(x.shape(), x.As<float>())}};
    };
  }
  bool ran_here() const { return seen_.load() == std::this_thread::get_id(); }

 private:
  std::atomic<std::thread::id> seen_;
};

FakeBackend Backed(FakeBackend::Run run) {
  return {{{"x", tensor::DType::kFp32, {-1, 2}, {}}},
          {{"y", tensor::DType::kFp32, {-1, 2}, {}}},
          std::move(run)};
}

const ServedModelOptions kKnown = {.instances = 1, .profile = {.estimate = microseconds(50)}};

Result<model::Output> SubmitAndWait(model::Model& model, Duration lends) {
  const model::Tensors inputs = Submission::X(1, 1);
  std::promise<Result<model::Output>> answer;
  model.Submit(inputs, {.lends = lends},
               [&answer](Result<model::Output> output) { answer.set_value(std::move(output)); });
  return answer.get_future().get();
}

// The instance's own thread takes the first ones while it is still on its way to its place.
void RunUntilHere(model::Model& model, const Witness& witness) {
  do {
    ASSERT_TRUE(SubmitAndWait(model, std::chrono::seconds(1)).has_value());
  } while (!witness.ran_here());
}

TEST(ServedModelLend, ACallerThatWouldOnlyWaitRunsItself) {
  Witness witness;
  FakeBackend backend = Backed(witness.Sees());
  const auto model = Serve(backend, kKnown);
  const model::Tensors inputs = Submission::X(1, 0.5F);
  do {
    const auto answer = model::Run(*model, inputs, {});
    ASSERT_TRUE(answer.has_value());
    EXPECT_EQ(answer->tensors.at(0).tensor.As<float>()[1], 0.5F);
  } while (!witness.ran_here());
  EXPECT_EQ(model->statistics().success.count, static_cast<std::uint64_t>(backend.runs()));
}

TEST(ServedModelLend, NobodysThreadIsHeldLongerThanItIsLent) {
  Witness witness;
  FakeBackend backend = Backed(witness.Sees());
  const auto model = Serve(backend, kKnown);
  RunUntilHere(*model, witness);
  for (const Duration lends : {Duration(0), Duration(1)}) {
    ASSERT_TRUE(SubmitAndWait(*model, lends).has_value());
    EXPECT_FALSE(witness.ran_here());
  }
  const auto unknown = Serve(backend, {.instances = 1});
  ASSERT_TRUE(SubmitAndWait(*unknown, milliseconds(1)).has_value());
  EXPECT_FALSE(witness.ran_here());
}

// One after another, however deep they call each other; each is answered.
TEST(ServedModelLend, WhoSubmitsAgainFromItsAnswerDoesNotRunInsideIt) {
  Witness witness;
  FakeBackend backend = Backed(witness.Sees());
  const model::Tensors inputs = Submission::X(1, 1);
  constexpr int kChain = 1000;
  std::atomic<int> depth = 0;
  std::atomic<int> deepest = 0;
  std::promise<void> all;
  model::Model* target = nullptr;
  std::function<void(int)> next = [&](int left) {
    if (left == 0) return all.set_value();
    target->Submit(inputs, {.lends = milliseconds(1)}, [&, left](Result<model::Output> output) {
      EXPECT_TRUE(output.has_value());
      deepest = std::max(deepest.load(), ++depth);
      next(left - 1);
      --depth;
    });
  };
  const auto model = Serve(backend, kKnown);  // ends before what its answers touch
  RunUntilHere(*model, witness);
  target = model.get();
  next(kChain);
  all.get_future().get();
  EXPECT_LE(deepest, 2);
}

TEST(ServedModelLend, AnInstanceThatBreaksOnALentThreadIsReplaced) {
  Witness witness;
  std::atomic<bool> throws = false;
  FakeBackend backend =
      Backed([&, sees = witness.Sees()](const model::Tensors& batch, const std::stop_token& stop) {
        Result<model::Tensors> answer = sees(batch, stop);
        if (throws.exchange(false)) throw std::runtime_error("broken");
        return answer;
      });
  const auto model = Serve(backend, kKnown);
  RunUntilHere(*model, witness);
  throws = true;
  EXPECT_EQ(SubmitAndWait(*model, milliseconds(1)).error().code, Code::kInternal);
  ASSERT_TRUE(SubmitAndWait(*model, milliseconds(1)).has_value());
  EXPECT_EQ(backend.sessions_opened(), 2);
}

TEST(ServedModelLend, AStopEndsARunOnALentThread) {
  std::atomic<bool> holds = false;
  Gate gate;
  Witness witness;
  FakeBackend backend =
      Backed([&, sees = witness.Sees()](const model::Tensors& batch,
                                        const std::stop_token& stop) -> Result<model::Tensors> {
        if (holds && !gate.Enter(stop)) return Fail(Cancelled("stopped"));
        return sees(batch, stop);
      });
  const auto model = Serve(backend, kKnown);
  RunUntilHere(*model, witness);
  holds = true;
  std::stop_source stop;
  const std::jthread leaves([&] {
    gate.WaitForRuns(1);
    stop.request_stop();
  });
  const model::Tensors inputs = Submission::X(1, 1);
  const auto answer = model::Run(*model, inputs, {.stop = stop.get_token()});
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code, Code::kCancelled);
  holds = false;
  EXPECT_TRUE(model::Run(*model, inputs, {}).has_value());
}

// Its caller is answered while the run goes on.
TEST(ServedModelLend, AModelThatIgnoredItsStopBorrowsNoThreadAgain) {
  std::atomic<bool> ignores = false;
  Gate gate;
  Witness witness;
  FakeBackend backend =
      Backed([&, sees = witness.Sees()](const model::Tensors& batch, const std::stop_token& stop) {
        if (ignores) gate.Enter({});
        return sees(batch, stop);
      });
  ServedModelOptions options = kKnown;
  options.run_max = std::chrono::hours(1);  // then runs are made on copies of small inputs
  const auto model = Serve(backend, options);
  RunUntilHere(*model, witness);
  ignores = true;
  const model::Tensors inputs = Submission::X(1, 1);
  std::promise<Result<model::Output>> answer;
  std::jthread caller([&] {
    const task::Context context = {.deadline = kClock.Now() + milliseconds(20),
                                   .lends = std::chrono::seconds(1)};
    model->Submit(inputs, context,
                  [&answer](Result<model::Output> output) { answer.set_value(std::move(output)); });
  });
  EXPECT_EQ(answer.get_future().get().error().code, Code::kDeadlineExceeded);
  gate.Open();
  caller.join();
  ignores = false;
  ASSERT_TRUE(SubmitAndWait(*model, std::chrono::seconds(1)).has_value());
  EXPECT_FALSE(witness.ran_here());
}

TEST(ServedModelLend, ManyCallersAtOnceAreAllAnswered) {
  Witness witness;
  FakeBackend backend = Backed(witness.Sees());
  const auto model = Serve(backend, {.instances = 2, .profile = kKnown.profile});
  constexpr int kEach = 500;
  std::atomic<int> answered = 0;
  {
    std::vector<std::jthread> callers;
    for (int i = 0; i < 4; ++i) {
      callers.emplace_back([&, lends = i % 2 == 0 ? Duration(milliseconds(1)) : Duration(0)] {
        for (int n = 0; n < kEach; ++n) answered += SubmitAndWait(*model, lends).has_value();
      });
    }
  }
  EXPECT_EQ(answered, 4 * kEach);
}

}  // namespace
}  // namespace perigee::serving
