// A value that can be reached only while its lock is held: forgetting the lock does not compile.
#pragma once

#include <mutex>
#include <utility>

namespace perigee::runtime {

// Thread-safe. Do no I/O and call no callbacks inside With.
template <typename T>
class Guarded {
 public:
  Guarded() = default;
  explicit Guarded(T value) : value_(std::move(value)) {}

  template <typename Function>
  decltype(auto) With(Function&& function) {
    const std::scoped_lock lock(mutex_);
    return std::forward<Function>(function)(value_);
  }
  template <typename Function>
  decltype(auto) With(Function&& function) const {
    const std::scoped_lock lock(mutex_);
    return std::forward<Function>(function)(value_);
  }

 private:
  mutable std::mutex mutex_;
  T value_{};
};

}  // namespace perigee::runtime
