// What every serving::Backend must do. A backend's test names its case:
//   INSTANTIATE_TEST_SUITE_P(Mine, BackendContract, testing::Values(BackendCase{...}), NameOf);
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "serving/backend.h"
#include "serving/testing/late_stop.h"

namespace perigee::serving {

struct BackendCase {
  std::string name;
  std::function<std::unique_ptr<Backend>()> make;
  std::filesystem::path identity;  // one input, one output, the same bytes; any number of rows
  std::filesystem::path slow;      // [N, 1] FP32 -> the same, after seconds
  std::filesystem::path missing;
  std::filesystem::path broken;  // there, but no model
};

inline std::string NameOf(const testing::TestParamInfo<BackendCase>& info) {
  return info.param.name;
}

class BackendContract : public testing::TestWithParam<BackendCase> {
 protected:
  std::unique_ptr<Session> Open(const std::filesystem::path& file) {
    Result<std::unique_ptr<Session>> session = backend_->Open(file, {});
    if (session.has_value()) return *std::move(session);
    ADD_FAILURE() << session.error().message;
    return nullptr;
  }

  // `rows` rows of bytes that begin with `first`; other open dimensions are 2.
  static model::Tensors Input(const Session& session, std::int64_t rows, std::uint8_t first) {
    const model::TensorSpec& spec = session.inputs().at(0);
    tensor::Shape shape = spec.shape;
    shape[0] = rows;
    for (std::int64_t& size : shape) size = size == -1 ? 2 : size;
    std::vector<std::byte> bytes(static_cast<std::size_t>(*tensor::ElementCount(shape)) *
                                 DTypeSize(spec.dtype));
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(first + i % 7);
    return {{spec.name, *tensor::Tensor::Own(spec.dtype, shape, std::move(bytes))}};
  }

  static bool SameBytes(const model::NamedTensor& a, const model::NamedTensor& b) {
    return a.tensor.shape() == b.tensor.shape() &&
           std::ranges::equal(a.tensor.bytes(), b.tensor.bytes());
  }

  std::unique_ptr<Backend> backend_ = GetParam().make();
};

TEST_P(BackendContract, ReadsTheSignatureFromTheFile) {
  const auto session = Open(GetParam().identity);
  ASSERT_EQ(session->inputs().size(), 1U);
  ASSERT_EQ(session->outputs().size(), 1U);
  EXPECT_FALSE(session->inputs()[0].name.empty());
  EXPECT_EQ(session->inputs()[0].shape.at(0), -1);
  EXPECT_EQ(session->outputs()[0].shape.at(0), -1);
  EXPECT_FALSE(backend_->platform().empty());
}

TEST_P(BackendContract, RunsAnyNumberOfRows) {
  const auto session = Open(GetParam().identity);
  for (const std::int64_t rows : {1, 5, 2}) {
    const model::Tensors inputs = Input(*session, rows, 10);
    const Result<model::Tensors> outputs = session->Run(inputs, {});
    ASSERT_TRUE(outputs.has_value()) << outputs.error().message;
    EXPECT_EQ(outputs->at(0).name, session->outputs()[0].name);
    EXPECT_TRUE(SameBytes(inputs[0], outputs->at(0)));
  }
}

TEST_P(BackendContract, OutputsOutliveTheInputsTheNextRunAndTheSession) {
  auto session = Open(GetParam().identity);
  auto inputs = std::make_unique<model::Tensors>(Input(*session, 2, 10));
  const model::Tensors kept = *inputs;
  const Result<model::Tensors> first = session->Run(*inputs, {});
  inputs.reset();
  const model::Tensors others = Input(*session, 2, 99);
  ASSERT_TRUE(session->Run(others, {}).has_value());
  session.reset();
  ASSERT_TRUE(first.has_value());
  EXPECT_TRUE(SameBytes(kept[0], first->at(0)));
}

TEST_P(BackendContract, SaysThatAFileIsMissingOrNoModel) {
  EXPECT_EQ(backend_->Open(GetParam().missing, {}).error().code, Code::kNotFound);
  const Result<std::unique_ptr<Session>> broken = backend_->Open(GetParam().broken, {});
  ASSERT_FALSE(broken.has_value());
  EXPECT_EQ(broken.error().code, Code::kInvalidArgument);
  EXPECT_NE(broken.error().message.find(GetParam().broken.string()), std::string::npos);
  EXPECT_EQ(broken.error().message.find('\n'), std::string::npos);
}

TEST_P(BackendContract, RefusesInputsThatDoNotFitAndLivesOn) {
  const auto session = Open(GetParam().identity);
  model::Tensors inputs = Input(*session, 1, 1);
  EXPECT_EQ(session->Run({}, {}).error().code, Code::kInvalidArgument);
  const model::Tensors wrong = {
      {inputs[0].name, tensor::Tensor::Zeros(tensor::DType::kFp64, {1, 2, 3, 4, 5})}};
  EXPECT_EQ(session->Run(wrong, {}).error().code, Code::kInvalidArgument);
  EXPECT_TRUE(session->Run(inputs, {}).has_value());
}

// Twice: a stop that outlived its run would end the second with another code.
TEST_P(BackendContract, AStopEndsTheRunAndTheSessionLivesOn) {
  const auto slow = Open(GetParam().slow);
  const model::Tensors inputs = Input(*slow, 1, 1);
  for (int run = 0; run < 2; ++run) {
    LateStop stop;
    const auto start = std::chrono::steady_clock::now();
    const Result<model::Tensors> outputs = slow->Run(inputs, stop.token());
    ASSERT_FALSE(outputs.has_value());
    EXPECT_EQ(outputs.error().code, Code::kCancelled) << outputs.error().message;
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(1));
  }
}

TEST_P(BackendContract, AStoppedSessionAnswersTheNextCaller) {
  const auto session = Open(GetParam().identity);
  std::stop_source stop;
  stop.request_stop();
  const model::Tensors inputs = Input(*session, 1, 1);
  EXPECT_EQ(session->Run(inputs, stop.get_token()).error().code, Code::kCancelled);
  EXPECT_TRUE(session->Run(inputs, {}).has_value());
}

TEST_P(BackendContract, SessionsOfOneFileRunAtOnce) {
  std::vector<std::jthread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([this, i] {
      const auto session = Open(GetParam().identity);
      const model::Tensors inputs = Input(*session, 2, static_cast<std::uint8_t>(i));
      for (int run = 0; run < 20; ++run) {
        const Result<model::Tensors> outputs = session->Run(inputs, {});
        ASSERT_TRUE(outputs.has_value());
        ASSERT_TRUE(SameBytes(inputs[0], outputs->at(0)));
      }
    });
  }
}

}  // namespace perigee::serving
