#include "pipeline/first_release.h"

#include <gtest/gtest.h>

#include <optional>
#include <utility>

#include "model/testing/fake_model.h"
#include "pipeline/testing/fake_face_models.h"

namespace perigee::pipeline {
namespace {

using tensor::DType;
using tensor::Tensor;

class FirstReleaseTest : public testing::Test {
 protected:
  FirstReleaseTest()
      : classifier_(Describe(),
                    [this](const auto& inputs, const auto&) { return Answer(inputs); }) {
    card_.name = "emotion";
    card_.classifier = model::Classifier{
        .labels = {"neutral", "happy", "sad", "angry", "fearful", "disgusted", "surprised"}};
  }

  static model::Description Describe() {
    model::Description description;
    description.name = "emotion";
    description.inputs = {{"image", DType::kUint8, {-1, 112, 112, 3}, {}}};
    description.outputs = {{"probabilities", DType::kFp32, {-1, 7}, {}}};
    description.batch_max = 8;
    return description;
  }

  Result<model::Tensors> Answer(const model::Tensors& inputs) {
    first_pixel_ = inputs[0].tensor.As<std::uint8_t>()[0];
    const std::vector<float> row = {0, 1, 2, 3, 4, 5, 6};
    model::Tensors outputs;
    outputs.push_back({"probabilities", Tensor::Of<float>({1, 7}, row)});
    return outputs;
  }

  model::FakeModel classifier_;
  model::Card card_;
  std::optional<int> first_pixel_;
};

model::Tensors Picture(float level) {
  const std::vector<float> pixels(std::size_t{48} * 48 * 3, level);
  model::Tensors inputs;
  inputs.push_back({"image", Tensor::Of<float>({1, 48, 48, 3}, pixels)});
  return inputs;
}

TEST_F(FirstReleaseTest, AnswersInThePhonesOrder) {
  const auto phone = FirstReleaseModel::Open(Borrowed(classifier_), card_);
  ASSERT_TRUE(phone.has_value());
  const Result<model::Output> output = model::Run(**phone, Picture(1), {});
  ASSERT_TRUE(output.has_value()) << output.error().message;
  const std::span<const float> row = output->tensors[0].tensor.As<float>();
  EXPECT_EQ(std::vector<float>(row.begin(), row.end()), (std::vector<float>{3, 5, 4, 1, 2, 6, 0}));
}

TEST_F(FirstReleaseTest, ScalesLevelsToPixels) {
  const auto phone = FirstReleaseModel::Open(Borrowed(classifier_), card_);
  for (const auto& [level, pixel] : {std::pair{0.5F, 128}, {1.0F, 255}, {7.0F, 255}, {-1.0F, 0}}) {
    ASSERT_TRUE(model::Run(**phone, Picture(level), {}).has_value());
    EXPECT_EQ(first_pixel_, pixel) << level;
  }
}

TEST_F(FirstReleaseTest, RefusesAnotherSizeOfPicture) {
  const auto phone = FirstReleaseModel::Open(Borrowed(classifier_), card_);
  model::Tensors inputs;
  inputs.push_back({"image", Tensor::Zeros(DType::kFp32, {1, 49, 48, 3})});
  const Result<model::Output> output = model::Run(**phone, inputs, {});
  ASSERT_FALSE(output.has_value());
  EXPECT_EQ(output.error().code, Code::kInvalidArgument);
}

TEST_F(FirstReleaseTest, NeedsTheSevenExpressions) {
  card_.classifier->labels[0] = "bored";
  EXPECT_FALSE(FirstReleaseModel::Open(Borrowed(classifier_), card_).has_value());
}

}  // namespace
}  // namespace perigee::pipeline
