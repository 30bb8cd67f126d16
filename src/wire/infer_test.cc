#include "wire/infer.h"

#include <gtest/gtest.h>

#include <cmath>

#include "wire/testing/text.h"

namespace perigee::wire {
namespace {

using tensor::Tensor;

model::Tensors Outputs() {
  const std::vector<float> scores = {0.25F, 0.5F, 0.125F, NAN, -1, 3};
  model::Tensors outputs;
  outputs.push_back({"probabilities", Tensor::Of<float>({2, 3}, scores)});
  outputs.push_back({"other", Tensor::Of<float>({2}, std::vector<float>{1, 2})});
  return outputs;
}

std::vector<std::string> Texts(const Tensor& tensor) {
  const auto elements = tensor.ByteElements();
  return {elements.begin(), elements.end()};
}

TEST(ToResponse, HandsAllOutputsOverUnlessSomeAreAskedFor) {
  InferRequest request;
  request.id = "7";
  const auto all = ToResponse(request, Sample(tensor::DType::kFp32, {-1, 2}), Outputs());
  ASSERT_TRUE(all.has_value());
  EXPECT_EQ(all->outputs.size(), 2U);
  EXPECT_EQ(all->id, "7");
  EXPECT_EQ(all->model_name, "emotion");
  request.outputs = {{"other", {}, 0}};
  const auto one = ToResponse(request, Sample(tensor::DType::kFp32, {-1, 2}), Outputs());
  ASSERT_EQ(one->outputs.size(), 1U);
  EXPECT_EQ(one->outputs[0].name, "other");
}

TEST(ToResponse, ClassifiesTheTopOfEachRowWithLabels) {
  InferRequest request;
  request.outputs = {{"probabilities", {}, 2}};
  const auto response = ToResponse(request, Sample(tensor::DType::kFp32, {-1, 2}), Outputs());
  ASSERT_TRUE(response.has_value());
  const Tensor& classes = response->outputs[0].tensor;
  EXPECT_EQ(classes.dtype(), tensor::DType::kBytes);
  EXPECT_EQ(classes.shape(), (tensor::Shape{2, 2}));
  EXPECT_EQ(Texts(classes), (std::vector<std::string>{"0.500000:1:happy", "0.250000:0:neutral",
                                                      "3.000000:2:sad", "-1.000000:1:happy"}));
}

TEST(ToResponse, GivesNoMoreClassesThanThereAre) {
  InferRequest request;
  request.outputs = {{"probabilities", {}, 1000}};
  const auto response = ToResponse(request, Sample(tensor::DType::kFp32, {-1, 2}), Outputs());
  EXPECT_EQ(response->outputs[0].tensor.shape(), (tensor::Shape{2, 3}));
}

TEST(ToResponse, LeavesTheBatchOutWhereTheModelHasNone) {
  model::Description description = Sample(tensor::DType::kFp32, {2});
  description.batch_max = 0;
  InferRequest request;
  request.outputs = {{"other", {}, 1}};
  const auto response = ToResponse(request, description, Outputs());
  EXPECT_EQ(response->outputs[0].tensor.shape(), tensor::Shape{1});
  EXPECT_EQ(Texts(response->outputs[0].tensor), std::vector<std::string>{"2.000000:1"});
}

TEST(ToResponse, RefusesAnOutputThatTheModelHasNot) {
  InferRequest request;
  request.outputs = {{"nope", {}, 0}};
  const auto response = ToResponse(request, Sample(tensor::DType::kFp32, {-1, 2}), Outputs());
  ASSERT_FALSE(response.has_value());
  EXPECT_EQ(response.error().code, Code::kInvalidArgument);
  EXPECT_NE(response.error().message.find("nope"), std::string::npos);
}

}  // namespace
}  // namespace perigee::wire
