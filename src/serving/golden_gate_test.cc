#include "serving/golden_gate.h"

#include <gtest/gtest.h>

#include "serving/testing/fake_backend.h"
#include "serving/testing/submission.h"
#include "serving/warm_backend.h"

namespace perigee::serving {
namespace {

model::Golden ZeroGives(std::vector<double> values) {
  model::Golden golden;
  golden.outputs = {{"y", std::move(values), {}}};
  return golden;
}

TEST(GoldenGate, LetsAModelThroughThatAnswersAsItsCardSays) {
  const auto backend = IdentityBackend();
  const auto model = Serve(*backend);
  EXPECT_TRUE(PassGolden(*model, {ZeroGives({0, 0})}, kClock).has_value());
  EXPECT_TRUE(PassGolden(*model, {}, kClock).has_value());
}

TEST(GoldenGate, RefusesAModelThatAnswersOtherwise) {
  const auto backend = IdentityBackend();
  const auto model = Serve(*backend);
  const Result<void> passed = PassGolden(*model, {ZeroGives({0, 1})}, kClock);
  ASSERT_FALSE(passed.has_value());
  EXPECT_EQ(passed.error().code, Code::kInvalidArgument);
  EXPECT_EQ(passed.error().message,
            "golden answer: output y: value 1 is 0, the card says 1 within 0.001");
}

TEST(GoldenGate, AsksAVersionOnlyForItsOwnVectors) {
  const auto backend = IdentityBackend();
  const auto model = Serve(*backend);  // version 1
  model::Golden wrong = ZeroGives({5, 5});
  wrong.version = 2;
  EXPECT_TRUE(PassGolden(*model, {wrong}, kClock).has_value());
  wrong.version = 1;
  EXPECT_FALSE(PassGolden(*model, {wrong}, kClock).has_value());
}

TEST(WarmBackend, RunsOneRowAndAFullBatchBeforeTheSessionIsHandedOut) {
  std::vector<std::int64_t> rows;
  FakeBackend backend({{"x", tensor::DType::kFp32, {-1, 2}, {}}},
                      {{"y", tensor::DType::kFp32, {-1, 2}, {}}},
                      [&rows](const model::Tensors& batch, const std::stop_token&) {
                        rows.push_back(batch.at(0).tensor.shape().at(0));
                        return Result<model::Tensors>();
                      });
  WarmBackend warm(backend, {}, 8);
  ASSERT_TRUE(warm.Open("m.onnx", {}).has_value());
  EXPECT_EQ(rows, (std::vector<std::int64_t>{1, 8}));
}

TEST(WarmBackend, AsksNothingOfAnInputWhoseSizeNobodyKnows) {
  FakeBackend backend(
      {{"x", tensor::DType::kUint8, {-1, -1, 3}, {}}}, {},
      [](const model::Tensors&, const std::stop_token&) { return Result<model::Tensors>(); });
  WarmBackend without(backend, {}, 1);
  ASSERT_TRUE(without.Open("m.onnx", {}).has_value());
  EXPECT_EQ(backend.runs(), 0);
  WarmBackend with(backend, {{"x", {1, 32, 3}}}, 1);
  ASSERT_TRUE(with.Open("m.onnx", {}).has_value());
  EXPECT_EQ(backend.runs(), 1);
}

TEST(WarmBackend, HandsOutASessionThatZerosMeanNothingTo) {
  FakeBackend backend({{"x", tensor::DType::kFp32, {-1, 2}, {}}}, {},
                      [](const model::Tensors&, const std::stop_token&) -> Result<model::Tensors> {
                        return Fail(InvalidArgument("run fake: division by zero"));
                      });
  WarmBackend warm(backend, {}, 4);
  EXPECT_TRUE(warm.Open("m.onnx", {}).has_value());
  EXPECT_EQ(warm.Open("broken.onnx", {}).error().code, Code::kInvalidArgument);
}

}  // namespace
}  // namespace perigee::serving
