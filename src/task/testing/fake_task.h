// A Task whose answers a std::function computes on the caller's thread. For the tests of everything
// above task::Task. Thread-safe if the function is.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <utility>

#include "task/task.h"

namespace perigee::task {

class FakeTask final : public Task {
 public:
  using Reply = std::function<Result<Answer>(const Payload&, const Context&)>;

  explicit FakeTask(Reply reply) : FakeTask(Named("fake"), std::move(reply)) {}
  FakeTask(Description description, Reply reply)
      : description_(std::move(description)), reply_(std::move(reply)) {}

  const Description& description() const override { return description_; }

  Result<Answer> Run(const Payload& payload, const Context& context) override {
    ++runs_;
    if (context.stop.stop_requested()) return Fail(Cancelled("run fake: the caller left"));
    return reply_(payload, context);
  }

  int runs() const { return runs_; }

 private:
  static Description Named(std::string name) {
    Description description;
    description.name = std::move(name);
    return description;
  }

  Description description_;
  Reply reply_;
  std::atomic<int> runs_ = 0;
};

}  // namespace perigee::task
