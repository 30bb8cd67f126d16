// A served model on the real runtime: what a caller who leaves leaves behind.
#include "serving/served_model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <future>
#include <stop_token>
#include <vector>

#include "adapters/onnxruntime/backend.h"
#include "serving/testing/late_stop.h"

namespace perigee::onnxruntime {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

const SteadyClock kClock;

// How long after its only caller left a run of about two seconds ended.
milliseconds AfterLeaving(model::Model& slow) {
  serving::LateStop stop;
  std::promise<Clock::time_point> left;
  std::stop_callback note(stop.token(), [&left] { left.set_value(Clock::now()); });
  const std::vector<float> one = {1};
  const model::Tensors inputs = {{"input", tensor::Tensor::Of<float>({1, 1}, one)}};
  const Result<model::Output> output = model::Run(slow, inputs, {.stop = stop.token()});
  const Clock::time_point ended = Clock::now();
  EXPECT_FALSE(output.has_value());
  EXPECT_EQ(output.error().code, Code::kCancelled);
  return std::chrono::duration_cast<milliseconds>(ended - left.get_future().get());
}

// The median of five, as the machine may have better things to do at one of them.
TEST(ServedModelOnOnnxRuntime, ATwoSecondRunWhoseCallerLeavesEndsWithin20Milliseconds) {
  const auto backend = *Backend::Create(nullptr);
  model::Description description;
  description.name = "slow";
  description.version = "1";
  const std::filesystem::path file =
      std::filesystem::path(PERIGEE_TEST_MODELS) / "slow" / "1" / "model.onnx";
  const auto model = serving::ServedModel::Open(*backend, description, file, {}, kClock);
  ASSERT_TRUE(model.has_value()) << model.error().message;
  std::vector<milliseconds> after;
  for (int i = 0; i < 5; ++i) after.push_back(AfterLeaving(**model));
  std::ranges::sort(after);
  EXPECT_LT(after[2], milliseconds(20));
  EXPECT_EQ((*model)->statistics().cancelled, 5U);
  EXPECT_EQ((*model)->statistics().abandoned.count, 5U);
}

}  // namespace
}  // namespace perigee::onnxruntime
