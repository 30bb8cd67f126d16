// A Model that answers nothing until the caller stops or the test releases it: for calls that
// must be caught in flight. Thread-safe.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>

#include "model/model.h"

namespace perigee::grpc_server {

class ParkedModel final : public model::Model {
 public:
  explicit ParkedModel(model::Description description) : description_(std::move(description)) {}

  const model::Description& description() const override { return description_; }
  model::Statistics statistics() const override { return {}; }

  void Submit(const model::Tensors&, const task::Context& context, Done done) override {
    {
      const std::lock_guard lock(mutex_);
      context_ = context;
      done_ = std::move(done);
      ++submitted_;
      changed_.notify_all();
    }
    stop_.emplace(context.stop, [this] { Answer(Fail(Cancelled("infer: the caller left"))); });
  }

  // False if no request came within ten seconds.
  bool AwaitRequest() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, [this] { return submitted_ > 0; });
  }
  // False if the request in hand was not stopped within ten seconds.
  bool AwaitStop() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, [this] { return answered_; }) &&
           context_.stop.stop_requested();
  }
  task::Context context() {
    const std::lock_guard lock(mutex_);
    return context_;
  }
  void Answer(Result<model::Output> output) {
    Done done;
    {
      const std::lock_guard lock(mutex_);
      if (std::exchange(answered_, true)) return;
      done = std::move(done_);
      changed_.notify_all();
    }
    if (done) done(std::move(output));
  }

 private:
  static constexpr std::chrono::seconds kPatience{10};

  model::Description description_;
  std::mutex mutex_;
  std::condition_variable changed_;
  int submitted_ = 0;      // guarded by mutex_, as what follows
  bool answered_ = false;  // one request is all that this model takes
  task::Context context_;
  Done done_;
  std::optional<std::stop_callback<std::function<void()>>> stop_;
};

}  // namespace perigee::grpc_server
