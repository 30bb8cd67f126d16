#include "serving/served_model.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <thread>

#include "serving/testing/fake_backend.h"
#include "serving/testing/submission.h"

namespace perigee::serving {
namespace {

using model::Tensors;
using tensor::DType;
using tensor::Tensor;

std::unique_ptr<FakeBackend> Answering(FakeBackend::Run run) {
  return std::make_unique<FakeBackend>(
      std::vector<model::TensorSpec>{{"x", DType::kFp32, {-1, 2}, {}}},
      std::vector<model::TensorSpec>{{"y", DType::kFp32, {-1, 2}, {}}}, std::move(run));
}

std::int64_t RowsOf(const Tensors& batch) { return batch.at(0).tensor.shape().at(0); }

TEST(ServedModel, AnswersEachCallerWithTheirRows) {
  Gate gate;
  const auto backend = IdentityBackend(&gate);
  const auto model = Serve(*backend, {.gather_max = 8});
  Submission first(*model, Submission::X(1, 0.5F));
  gate.WaitForRuns(1);
  Submission second(*model, Submission::X(2, 2.5F));
  Submission third(*model, Submission::X(3, 3.5F));
  gate.Open();
  EXPECT_EQ(first.Answer()->tensors.at(0).tensor.As<float>()[1], 0.5F);
  const Result<model::Output> two = second.Answer();
  EXPECT_EQ(two->tensors.at(0).tensor.shape(), (tensor::Shape{2, 2}));
  EXPECT_EQ(two->tensors.at(0).tensor.As<float>()[3], 2.5F);
  EXPECT_EQ(third.Answer()->tensors.at(0).tensor.As<float>()[5], 3.5F);
  EXPECT_EQ(backend->runs(), 2);  // the second and the third together
}

TEST(ServedModel, HandsASingleRequestsTensorsToTheSessionUncopied) {
  const std::byte* seen = nullptr;
  const auto backend = Answering([&seen](const Tensors& batch, const std::stop_token&) {
    seen = batch[0].tensor.bytes().data();
    return Tensors{{"y", batch[0].tensor}};
  });
  const auto model = Serve(*backend);
  const Tensors inputs = Submission::X(1, 1);
  ASSERT_TRUE(model::Run(*model, inputs, {}).has_value());
  EXPECT_EQ(seen, inputs[0].tensor.bytes().data());
}

TEST(ServedModel, DescribesTheFile) {
  const auto backend = IdentityBackend();
  const model::Description description = Serve(*backend)->description();
  EXPECT_EQ(description.platform, "fake");
  EXPECT_EQ(description.inputs.at(0).name, "x");
  EXPECT_EQ(description.outputs.at(0).name, "y");
  EXPECT_EQ(description.batch_max, kBatchDefault);
}

TEST(ServedModel, RefusesAtTheDoorWhatDoesNotFit) {
  const auto backend = IdentityBackend();
  const auto model = Serve(*backend);
  EXPECT_EQ(Submission(*model, {}).Failure(), Code::kInvalidArgument);
  EXPECT_EQ(Submission(*model, Submission::X(9, 0)).Failure(), Code::kInvalidArgument);
  EXPECT_EQ(model->statistics().fail.count, 2U);
  EXPECT_EQ(backend->runs(), 0);
}

TEST(ServedModel, RefusesWhenTheQueueIsFull) {
  Gate gate;
  const auto backend = IdentityBackend(&gate);
  const auto model = Serve(*backend, {.queue_max = 1});
  Submission running(*model, Submission::X(1, 1));
  gate.WaitForRuns(1);
  Submission waiting(*model, Submission::X(1, 2));
  EXPECT_EQ(model->statistics().queued_now, 1U);
  EXPECT_EQ(Submission(*model, Submission::X(1, 3)).Failure(), Code::kResourceExhausted);
  EXPECT_EQ(model->statistics().rejected, 1U);
  gate.Open();
  EXPECT_TRUE(running.Answer().has_value());
  EXPECT_TRUE(waiting.Answer().has_value());
}

TEST(ServedModel, RunsAsManyBatchesAtOnceAsItHasInstances) {
  Gate gate;
  const auto backend = IdentityBackend(&gate);
  const auto model = Serve(*backend, {.instances = 3});
  EXPECT_EQ(backend->sessions_opened(), 3);
  Submission a(*model, Submission::X(1, 1));
  gate.WaitForRuns(1);
  Submission b(*model, Submission::X(1, 2));
  gate.WaitForRuns(2);
  Submission c(*model, Submission::X(1, 3));
  gate.WaitForRuns(3);
  gate.Open();
  for (Submission* one : {&a, &b, &c}) EXPECT_TRUE(one->Answer().has_value());
}

TEST(ServedModel, KeepsAModelWithoutABatchDimensionUnbatched) {
  Gate gate;
  const auto backend = IdentityBackend(&gate);
  const auto model = Serve(*backend, {.batch_max = 0});
  Submission a(*model, Submission::X(1, 1));
  gate.WaitForRuns(1);
  Submission b(*model, Submission::X(20, 2));
  Submission c(*model, Submission::X(20, 3));
  gate.Open();
  for (Submission* one : {&a, &b, &c}) EXPECT_TRUE(one->Answer().has_value());
  EXPECT_EQ(backend->runs(), 3);
}

TEST(ServedModel, HoldsBackForOthersUpToWaitMax) {
  const auto backend = IdentityBackend();
  const auto model =
      Serve(*backend, {.batch_max = 2, .gather_max = 2, .wait_max = std::chrono::minutes(1)});
  Submission first(*model, Submission::X(1, 1));
  EXPECT_FALSE(first.answered());
  Submission second(*model, Submission::X(1, 2));
  EXPECT_TRUE(first.Answer().has_value());
  EXPECT_TRUE(second.Answer().has_value());
  EXPECT_EQ(model->statistics().batches.at(2).infer.count, 1U);
}

TEST(ServedModel, TurnsWhatASessionThrowsIntoInternal) {
  const auto backend = Answering([](const Tensors&, const std::stop_token&) -> Result<Tensors> {
    throw std::runtime_error("bad luck");
  });
  const auto model = Serve(*backend);
  const Result<model::Output> output = Submission(*model, Submission::X(1, 1)).Answer();
  ASSERT_FALSE(output.has_value());
  EXPECT_EQ(output.error().code, Code::kInternal);
  EXPECT_EQ(output.error().message, "infer m: run session: bad luck");
}

TEST(ServedModel, TurnsOutputsThatTheModelDidNotDeclareIntoInternal) {
  std::vector<Tensors> wrong = {{},
                                {{"z", Tensor::Zeros(DType::kFp32, {1, 2})}},
                                {{"y", Tensor::Zeros(DType::kFp32, {1, 3})}},
                                {{"y", Tensor::Zeros(DType::kFp32, {2, 2})}},
                                {{"y", Tensor::Zeros(DType::kInt32, {1, 2})}}};
  std::size_t next = 0;
  const auto backend =
      Answering([&](const Tensors&, const std::stop_token&) { return wrong[next++]; });
  const auto model = Serve(*backend);
  for (std::size_t i = 0; i < wrong.size(); ++i) {
    EXPECT_EQ(Submission(*model, Submission::X(1, 1)).Failure(), Code::kInternal) << i;
  }
}

// Fails for any batch that has a negative number in it.
Result<Tensors> RefuseNegative(const Tensors& batch) {
  for (const float value : batch[0].tensor.As<float>()) {
    if (value < 0) return Fail(InvalidArgument("negative"));
  }
  return Tensors{{"y", Tensor::Of<float>(batch[0].tensor.shape(), batch[0].tensor.As<float>())}};
}

TEST(ServedModel, OneCallersBadRowsDoNotFailTheOthersOfTheBatch) {
  const auto backend =
      Answering([](const Tensors& batch, const std::stop_token&) { return RefuseNegative(batch); });
  const auto model =
      Serve(*backend, {.batch_max = 3, .gather_max = 3, .wait_max = std::chrono::minutes(1)});
  Submission good(*model, Submission::X(1, 1));
  Submission bad(*model, Submission::X(1, -1));
  Submission fine(*model, Submission::X(1, 2));
  EXPECT_TRUE(good.Answer().has_value());
  EXPECT_EQ(bad.Failure(), Code::kInvalidArgument);
  EXPECT_EQ(fine.Answer()->tensors.at(0).tensor.As<float>()[0], 2);
}

TEST(ServedModel, CountsBeforeItAnswers) {
  const auto backend = IdentityBackend();
  const auto model = Serve(*backend);
  ASSERT_TRUE(model::Run(*model, Submission::X(3, 1), {}).has_value());
  const model::Statistics statistics = model->statistics();
  EXPECT_EQ(statistics.inference_count, 3U);
  EXPECT_EQ(statistics.execution_count, 1U);
  EXPECT_EQ(statistics.success.count, 1U);
  EXPECT_EQ(statistics.queue.count, 1U);
  EXPECT_EQ(statistics.batches.at(3).infer.count, 1U);
  EXPECT_GT(statistics.last_inference_ms, 0);
  EXPECT_EQ(statistics.fail.count, 0U);
}

TEST(ServedModel, MayBeSubmittedToFromItsOwnAnswer) {
  const auto backend = IdentityBackend();
  const auto model = Serve(*backend);
  const Tensors inputs = Submission::X(1, 4);
  std::promise<bool> second;
  model->Submit(inputs, {}, [&](const Result<model::Output>&) {
    model->Submit(inputs, {}, [&](const Result<model::Output>& output) {
      second.set_value(output.has_value());
    });
  });
  EXPECT_TRUE(second.get_future().get());
}

TEST(ServedModel, AnswersEveryoneUnderLoadFromManyThreads) {
  const auto backend = IdentityBackend();
  const auto model = Serve(*backend, {.instances = 2});
  std::vector<std::jthread> callers;
  for (int caller = 0; caller < 4; ++caller) {
    callers.emplace_back([&model, caller] {
      for (int i = 0; i < 200; ++i) {
        const auto value = static_cast<float>(caller * 1000 + i);
        const auto output = model::Run(*model, Submission::X(1 + i % 3, value), {});
        ASSERT_TRUE(output.has_value()) << output.error().message;
        ASSERT_EQ(output->tensors.at(0).tensor.As<float>().back(), value);
        ASSERT_EQ(RowsOf(output->tensors), 1 + i % 3);
      }
    });
  }
  callers.clear();
  EXPECT_EQ(model->statistics().success.count, 800U);
}

TEST(ServedModel, SaysWhichDeviceItCannotUse) {
  const auto backend = IdentityBackend();
  model::Description description;
  description.name = "m";
  description.version = "1";
  const auto model =
      ServedModel::Open(*backend, description, "m.onnx", {.device = "cuda:0"}, kClock);
  ASSERT_FALSE(model.has_value());
  EXPECT_EQ(model.error().code, Code::kUnimplemented);
  EXPECT_EQ(backend->sessions_opened(), 0);
}

TEST(ServedModel, SaysWhyItCannotBeOpened) {
  const auto backend = IdentityBackend();
  model::Description description;
  description.name = "m";
  description.version = "2";
  const auto missing = ServedModel::Open(*backend, description, "missing.onnx", {}, kClock);
  EXPECT_EQ(missing.error().code, Code::kNotFound);
  EXPECT_EQ(missing.error().message,
            "load model m version 2: open model missing.onnx: no such file");
  for (const ServedModelOptions& options :
       {ServedModelOptions{.instances = -1}, ServedModelOptions{.threads = -1},
        ServedModelOptions{.batch_max = -2}, ServedModelOptions{.wait_max = Duration(-1)},
        ServedModelOptions{.queue_max = 0}, ServedModelOptions{.gather_max = -1},
        ServedModelOptions{.device = "abacus"}, ServedModelOptions{.run_max = Duration(-1)}}) {
    const auto model = ServedModel::Open(*backend, description, "m.onnx", options, kClock);
    EXPECT_EQ(model.error().code, Code::kInvalidArgument);
  }
}

}  // namespace
}  // namespace perigee::serving
