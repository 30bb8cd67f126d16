// A Model whose answers a std::function computes, at once, on the caller's thread. For the tests
// of everything above model::Model. Thread-safe if the function is.
#pragma once

#include <atomic>
#include <functional>
#include <utility>

#include "model/model.h"

namespace perigee::model {

class FakeModel final : public Model {
 public:
  using Answer = std::function<Result<Tensors>(const Tensors&, const task::Context&)>;

  // `answer` sees only inputs that CheckInputs accepts.
  FakeModel(Description description, Answer answer)
      : description_(std::move(description)), answer_(std::move(answer)) {}

  const Description& description() const override { return description_; }

  void Submit(const Tensors& inputs, const task::Context& context, Done done) override {
    ++submitted_;
    done(Answered(inputs, context));
  }

  // The number of requests seen, as executions; the rest is zero.
  Statistics statistics() const override {
    Statistics statistics;
    statistics.execution_count = submitted_;
    return statistics;
  }

  int submitted() const { return submitted_; }

 private:
  Result<Output> Answered(const Tensors& inputs, const task::Context& context) const {
    TRY(CheckInputs(description_, inputs));
    if (context.stop.stop_requested()) return Fail(Cancelled("infer: the caller left"));
    Output output;
    output.tensors = TRY(answer_(inputs, context));
    return output;
  }

  Description description_;
  Answer answer_;
  std::atomic<int> submitted_ = 0;
};

}  // namespace perigee::model
