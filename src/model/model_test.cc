#include "model/model.h"

#include <gtest/gtest.h>

#include <optional>
#include <thread>

#include "model/testing/fake_model.h"

namespace perigee::model {
namespace {

using tensor::DType;
using tensor::Tensor;

Description Adder() {
  return {.name = "add",
          .version = "1",
          .platform = "fake",
          .inputs = {{"a", DType::kFp32, {-1, 2}, {}}, {"b", DType::kFp32, {-1, 2}, {}}},
          .outputs = {{"sum", DType::kFp32, {-1, 2}, {}}},
          .batch_max = 4};
}

Tensors Rows(std::int64_t a, std::int64_t b) {
  return {{"a", Tensor::Zeros(DType::kFp32, {a, 2})}, {"b", Tensor::Zeros(DType::kFp32, {b, 2})}};
}

std::string Refusal(const Description& description, const Tensors& inputs) {
  const Result<void> checked = CheckInputs(description, inputs);
  if (checked.has_value()) return "accepted";
  EXPECT_EQ(checked.error().code, Code::kInvalidArgument);
  return checked.error().message;
}

TEST(CheckInputs, AcceptsWhatIsDescribedInAnyOrder) {
  Tensors inputs = Rows(3, 3);
  std::swap(inputs[0], inputs[1]);
  EXPECT_EQ(Refusal(Adder(), inputs), "accepted");
}

TEST(CheckInputs, NamesTheInputThatIsUnknownMissingOrTwice) {
  Tensors inputs = Rows(1, 1);
  inputs.push_back(inputs[0]);
  EXPECT_EQ(Refusal(Adder(), inputs), "infer add: an input is given twice");
  inputs.back().name = "c";
  EXPECT_EQ(Refusal(Adder(), inputs), "infer add: it has no input c");
  inputs.resize(1);
  EXPECT_EQ(Refusal(Adder(), inputs), "infer add: input b is missing");
}

TEST(CheckInputs, SaysWhatCameAndWhatIsTaken) {
  Tensors inputs = Rows(1, 1);
  inputs[1].tensor = Tensor::Zeros(DType::kFp32, {1, 3});
  EXPECT_EQ(Refusal(Adder(), inputs),
            "infer add: input b is FP32 [1,3], the model takes FP32 [-1,2]");
  inputs[1].tensor = Tensor::Zeros(DType::kInt32, {1, 2});
  EXPECT_EQ(Refusal(Adder(), inputs),
            "infer add: input b is INT32 [1,2], the model takes FP32 [-1,2]");
}

TEST(CheckInputs, RefusesRowsThatDifferOrAreNoneOrTooMany) {
  EXPECT_EQ(Refusal(Adder(), Rows(1, 2)), "infer add: inputs of 1 and 2 rows");
  EXPECT_EQ(Refusal(Adder(), Rows(0, 0)), "infer add: 0 rows where 1 to 4 may come");
  EXPECT_EQ(Refusal(Adder(), Rows(5, 5)), "infer add: 5 rows where 1 to 4 may come");
}

TEST(CheckInputs, LeavesTheFirstDimensionAloneWithoutABatch) {
  Description description = Adder();
  description.batch_max = 0;
  EXPECT_EQ(Refusal(description, Rows(9, 8)), "accepted");
}

TEST(Find, GivesNullForAnUnknownName) {
  const Tensors tensors = Rows(1, 1);
  EXPECT_EQ(Find(tensors, "b"), &tensors[1].tensor);
  EXPECT_EQ(Find(tensors, "c"), nullptr);
}

// Answers on a thread of its own, and only once the caller's stop is requested.
class Patient final : public Model {
 public:
  const Description& description() const override { return description_; }
  void Submit(const Tensors&, const task::Context& context, Done done) override {
    done_ = std::move(done);
    left_.emplace(context.stop, [this] {
      thread_ = std::jthread([this] { done_(Fail(Cancelled("infer add: the caller left"))); });
    });
  }
  Statistics statistics() const override { return {}; }

 private:
  Description description_ = Adder();
  Done done_;
  std::jthread thread_;
  std::optional<std::stop_callback<std::function<void()>>> left_;
};

TEST(Run, StopsTheModelAtTheDeadline) {
  Patient model;
  const task::Context context{
      .deadline = SteadyClock().Now() + std::chrono::milliseconds(1), .stop = {}, .purpose = {}};
  const Result<Output> output = model::Run(model, Rows(1, 1), context);
  ASSERT_FALSE(output.has_value());
  EXPECT_EQ(output.error().code, Code::kDeadlineExceeded);
}

TEST(Run, ForwardsTheCallersStopWithAndWithoutADeadline) {
  for (const TimePoint deadline : {kNever, SteadyClock().Now() + std::chrono::hours(1)}) {
    Patient model;
    std::stop_source caller;
    caller.request_stop();
    const Result<Output> output = model::Run(model, Rows(1, 1), {deadline, caller.get_token(), {}});
    ASSERT_FALSE(output.has_value());
    EXPECT_EQ(output.error().code, Code::kCancelled);
  }
}

TEST(Run, GivesTheAnswerOfAModelThatAnswersAtOnce) {
  FakeModel model(Adder(), [](const Tensors& inputs, const task::Context&) {
    return Tensors{{"sum", inputs[0].tensor}};
  });
  const Result<Output> output = model::Run(model, Rows(2, 2), {});
  ASSERT_TRUE(output.has_value());
  EXPECT_EQ(output->tensors[0].tensor.shape(), (tensor::Shape{2, 2}));
  EXPECT_EQ(model.submitted(), 1);
}

}  // namespace
}  // namespace perigee::model
