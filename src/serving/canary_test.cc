#include "serving/canary.h"

#include <gtest/gtest.h>

#include <memory>

#include "model/testing/fake_model.h"

namespace perigee::serving {
namespace {

model::SharedModel Fake(const std::string& version, model::FakeModel::Answer answer) {
  model::Description description;
  description.name = "m";
  description.version = version;
  description.inputs = {{"x", tensor::DType::kFp32, {1}, {}}};
  description.outputs = {{"y", tensor::DType::kFp32, {2}, {"a", "b"}}};
  return std::make_shared<model::FakeModel>(std::move(description), std::move(answer));
}

Result<model::Tensors> First(const model::Tensors&, const task::Context&) {
  return model::Tensors{{"y", tensor::Tensor::Of<float>({2}, std::vector<float>{1, 0})}};
}
Result<model::Tensors> Breaks(const model::Tensors&, const task::Context&) {
  return Fail(Internal("infer m: it broke"));
}

const model::Tensors kInputs = {{"x", tensor::Tensor::Zeros(tensor::DType::kFp32, {1})}};

model::CanaryPlan Plan(double percent) {
  model::CanaryPlan plan;
  plan.version = "2";
  plan.percent = percent;
  plan.window = 20;
  plan.good_windows = 2;
  return plan;
}

// Answers by version, of `count` requests.
std::map<std::string, int> Split(model::Model& canary, int count) {
  std::map<std::string, int> versions;
  for (int i = 0; i < count; ++i) {
    const Result<model::Output> output = model::Run(canary, kInputs, {});
    ++versions[output ? output->version : "failed"];
  }
  return versions;
}

TEST(Canary, LooksAtNumbersOfAnyKind) {
  model::Description description;
  description.outputs = {{"y", tensor::DType::kInt32, {2}, {}}};
  model::Output output;
  output.tensors = {{"y", tensor::Tensor::Of<std::int32_t>({2}, std::vector<std::int32_t>{2, 5})}};
  EXPECT_DOUBLE_EQ(SampleOf(output, description)->mean, 3.5);
  description.outputs[0].labels = {"a", "b"};
  EXPECT_EQ(SampleOf(output, description)->label, 1);
  const std::vector<std::string> texts = {"2", "5"};
  output.tensors = {{"y", tensor::Tensor::OfBytes({2}, texts)}};
  EXPECT_FALSE(SampleOf(output, description)->label.has_value());
}

TEST(Canary, SplitsTheTrafficEvenlyOverAnyStretch) {
  CanaryModel canary(Fake("1", First), Fake("2", First), Plan(10), [](bool) { return true; });
  for (int stretch = 0; stretch < 3; ++stretch) {
    const auto versions = Split(canary, 100);
    EXPECT_NEAR(versions.at("2"), 10, 1);
    EXPECT_EQ(versions.at("1") + versions.at("2"), 100);
  }
}

TEST(Canary, SplitsCallersThatTakeTurnsAlike) {
  int even = 0;
  int odd = 0;
  CanaryModel canary(Fake("1", First), Fake("2", First), Plan(50), [](bool) { return true; });
  for (int i = 0; i < 39; ++i) {  // just short of the verdict
    const bool candidate = model::Run(canary, kInputs, {})->version == "2";
    (i % 2 == 0 ? even : odd) += candidate ? 1 : 0;
  }
  EXPECT_NEAR(even, odd, 4);
}

TEST(Canary, TellsOnceThatTheCandidateWonAndGivesItEverything) {
  int told = 0;
  CanaryModel canary(Fake("1", First), Fake("2", First), Plan(50), [&told](bool promoted) {
    EXPECT_TRUE(promoted);
    ++told;
    return true;
  });
  (void)Split(canary, 100);
  EXPECT_EQ(told, 1);
  EXPECT_EQ(canary.status().state, model::CanaryStatus::State::kPromoted);
  EXPECT_EQ(Split(canary, 10), (std::map<std::string, int>{{"2", 10}}));
}

TEST(Canary, TakesAwayAllTrafficFromACandidateThatBreaksAndTellsUntilHeard) {
  int told = 0;
  CanaryModel canary(Fake("1", First), Fake("2", Breaks), Plan(50), [&told](bool promoted) {
    EXPECT_FALSE(promoted);
    return ++told == 3;
  });
  const auto versions = Split(canary, 200);
  EXPECT_LE(versions.at("failed"), 20);
  EXPECT_EQ(told, 3);
  EXPECT_EQ(canary.status().state, model::CanaryStatus::State::kRolledBack);
  EXPECT_TRUE(canary.status().reason.starts_with("version 2 failed"));
}

TEST(Canary, LooksAtTheLabelOfTheFirstRowAndNotAtWhatCallersDid) {
  const auto model = Fake("1", First);
  const auto sample = SampleOf(model::Run(*model, kInputs, {}), model->description());
  ASSERT_TRUE(sample.has_value());
  EXPECT_EQ(sample->label, 0);
  EXPECT_FALSE(SampleOf(Fail(Cancelled("left")), model->description()).has_value());
  EXPECT_FALSE(SampleOf(Fail(ResourceExhausted("full")), model->description()).has_value());
  EXPECT_TRUE(SampleOf(Fail(DeadlineExceeded("late")), model->description())->failed);
}

}  // namespace
}  // namespace perigee::serving
