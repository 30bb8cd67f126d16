// A served model for tests, and one Submit whose answer a test waits for.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <future>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "model/model.h"
#include "serving/served_model.h"

namespace perigee::serving {

inline const SteadyClock kClock;

inline std::unique_ptr<ServedModel> Serve(Backend& backend, const ServedModelOptions& options = {},
                                          const Clock& clock = kClock) {
  model::Description description;
  description.name = "m";
  description.version = "1";
  auto model = ServedModel::Open(backend, std::move(description), "m.onnx", options, clock);
  EXPECT_TRUE(model.has_value()) << model.error().message;
  return *std::move(model);
}

// Owns its inputs, as a caller must.
class Submission {
 public:
  Submission(model::Model& model, model::Tensors inputs, TimePoint deadline = kNever,
             std::string tenant = {})
      : inputs_(std::move(inputs)) {
    const task::Context context{
        .deadline = deadline, .stop = stop_.get_token(), .tenant = std::move(tenant)};
    model.Submit(inputs_, context,
                 [this](Result<model::Output> output) { answer_.set_value(std::move(output)); });
  }
  Submission(const Submission&) = delete;
  Submission& operator=(const Submission&) = delete;

  // x: [rows, 2] FP32, all `value`.
  static model::Tensors X(std::int64_t rows, float value) {
    const std::vector<float> values(static_cast<std::size_t>(rows) * 2, value);
    return {{"x", tensor::Tensor::Of<float>({rows, 2}, values)}};
  }

  void Stop() { stop_.request_stop(); }
  // Once.
  Result<model::Output> Answer() { return future_.get(); }
  Code Failure() {
    const Result<model::Output> answer = Answer();
    EXPECT_FALSE(answer.has_value());
    return answer.has_value() ? Code::kInternal : answer.error().code;
  }
  bool answered() const {
    return future_.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
  }

 private:
  model::Tensors inputs_;
  std::stop_source stop_;
  std::promise<Result<model::Output>> answer_;
  std::future<Result<model::Output>> future_ = answer_.get_future();
};

}  // namespace perigee::serving
