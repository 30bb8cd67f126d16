#include "pipeline/task_model.h"

#include <gtest/gtest.h>

#include <array>

#include "base/testing/fake_clock.h"
#include "task/testing/fake_task.h"

namespace perigee::pipeline {
namespace {

using tensor::Tensor;

task::Answer OneFace() {
  task::Answer answer;
  answer.faces.push_back({.box = {1, 2, 3, 4},
                          .score = 0.5F,
                          .emotion = "sad",
                          .probabilities = {{"glad", 0.25F}, {"sad", 0.75F}}});
  return answer;
}

task::Description Described() {
  task::Description description;
  description.name = "emotion";
  description.labels = {"glad", "sad"};
  return description;
}

model::Tensors Photo() {
  const std::array<std::string, 1> photo = {"jpeg"};
  model::Tensors inputs;
  inputs.push_back({"image", Tensor::OfBytes({1}, photo)});
  return inputs;
}

const task::Seat::Post kAtOnce = [](TimePoint, task::Seat::Work work) { work({}); };
const task::Seat::Post kNoRoom = [](TimePoint, task::Seat::Work work) {
  work(Fail(ResourceExhausted("full")));
};

TEST(TaskModel, TurnsFacesIntoTensors) {
  FakeClock clock;
  auto task = std::make_shared<task::FakeTask>(Described(),
                                               [](const auto&, const auto&) { return OneFace(); });
  TaskModel model("face_emotion", {task, kAtOnce}, clock);
  const Result<model::Output> output = model::Run(model, Photo(), {});
  ASSERT_TRUE(output.has_value()) << output.error().message;
  EXPECT_EQ(model::Find(output->tensors, "boxes")->shape(), (tensor::Shape{1, 4}));
  EXPECT_EQ(model::Find(output->tensors, "boxes")->As<float>()[3], 4);
  EXPECT_EQ(model::Find(output->tensors, "probabilities")->As<float>()[1], 0.75F);
  EXPECT_EQ(model::Find(output->tensors, "emotions")->ByteElements().front(), "sad");
  EXPECT_EQ(model.statistics().success.count, 1U);
}

TEST(TaskModel, HandsThePhotographOn) {
  FakeClock clock;
  std::string seen;
  auto task =
      std::make_shared<task::FakeTask>(Described(), [&](const task::Payload& payload, const auto&) {
        seen.assign(reinterpret_cast<const char*>(payload.bytes.data()), payload.bytes.size());
        return task::Answer{};
      });
  TaskModel model("face_emotion", {task, kAtOnce}, clock);
  const Result<model::Output> output = model::Run(model, Photo(), {});
  ASSERT_TRUE(output.has_value());
  EXPECT_EQ(seen, "jpeg");
  EXPECT_EQ(model::Find(output->tensors, "boxes")->shape(), (tensor::Shape{0, 4}));
}

TEST(TaskModel, CountsWhatWasRefused) {
  FakeClock clock;
  auto task = std::make_shared<task::FakeTask>(Described(),
                                               [](const auto&, const auto&) { return OneFace(); });
  TaskModel model("face_emotion", {task, kNoRoom}, clock);
  const Result<model::Output> output = model::Run(model, Photo(), {});
  ASSERT_FALSE(output.has_value());
  EXPECT_EQ(output.error().code, Code::kResourceExhausted);
  EXPECT_EQ(model.statistics().rejected, 1U);
  EXPECT_EQ(model.statistics().success.count, 0U);
}

TEST(TaskModel, CountsEachTenantAndHowCloseToTheDeadlineItWas) {
  FakeClock clock;
  auto task = std::make_shared<task::FakeTask>(Described(), [&](const auto&, const auto&) {
    clock.Advance(std::chrono::milliseconds(30));
    return OneFace();
  });
  TaskModel model("face_emotion", {task, kAtOnce}, clock);
  for (const int budget_ms : {100, 20}) {
    task::Context context{.tenant = "ward"};
    context.deadline = clock.Now() + std::chrono::milliseconds(budget_ms);
    model.Submit(Photo(), context, [](Result<model::Output>) {});
  }
  const model::Statistics statistics = model.statistics();
  EXPECT_EQ(statistics.tenants.at("ward").in_time, 1U);
  EXPECT_EQ(statistics.tenants.at("ward").late, 1U);
  EXPECT_NEAR(statistics.slack.sum_seconds, 0.07 - 0.01, 1e-9);
  EXPECT_NEAR(statistics.compute_time.sum_seconds, 0.06, 1e-9);
}

TEST(TaskModel, RefusesTwoPhotographsAtOnce) {
  FakeClock clock;
  auto task = std::make_shared<task::FakeTask>(Described(),
                                               [](const auto&, const auto&) { return OneFace(); });
  TaskModel model("face_emotion", {task, kAtOnce}, clock);
  const std::array<std::string, 2> photos = {"a", "b"};
  model::Tensors inputs;
  inputs.push_back({"image", Tensor::OfBytes({2}, photos)});
  EXPECT_EQ(model::Run(model, inputs, {}).error().code, Code::kInvalidArgument);
}

}  // namespace
}  // namespace perigee::pipeline
