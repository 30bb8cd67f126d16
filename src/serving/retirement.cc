#include "serving/retirement.h"

#include <utility>

namespace perigee::serving {

Retirement::Retirement(std::function<void()> after)
    : after_(std::move(after)), thread_([this] { Serve(); }) {}

Retirement::~Retirement() {
  {
    const std::scoped_lock lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

model::SharedModel Retirement::Share(LoadedModel loaded) {
  auto kept = std::make_unique<LoadedModel>(std::move(loaded));
  model::Model* const model = kept->model.get();
  // A deleter must be copyable, so it holds the pointer bare.
  return {model, [this, bare = kept.release()](model::Model*) {
            Take(std::unique_ptr<LoadedModel>(bare));
          }};
}

void Retirement::Take(std::unique_ptr<LoadedModel> retired) {
  const std::scoped_lock lock(mutex_);
  retired_.push_back(std::move(retired));
  // Under the lock: once it is released this object may go.
  changed_.notify_all();
}

std::size_t Retirement::waiting() const {
  const std::scoped_lock lock(mutex_);
  return retired_.size() + ending_;
}

bool Retirement::WaitForFewerThan(std::size_t count, Duration wait_max) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, wait_max, [&] { return retired_.size() + ending_ < count; });
}

void Retirement::WaitUntilIdle() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return retired_.empty() && ending_ == 0; });
}

void Retirement::Serve() {
  std::unique_lock lock(mutex_);
  while (true) {
    // No deadline on this wait: it ends with the next model or with this object.
    changed_.wait(lock, [this] { return closed_ || !retired_.empty(); });
    if (retired_.empty()) return;
    std::vector<std::unique_ptr<LoadedModel>> ending = std::exchange(retired_, {});
    ending_ = ending.size();
    lock.unlock();
    ending.clear();
    if (after_) after_();
    lock.lock();
    ending_ = 0;
    changed_.notify_all();
  }
}

}  // namespace perigee::serving
