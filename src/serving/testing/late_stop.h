// A stop for runs that take long, used by the backend contract.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>

namespace perigee::serving {

// A stop that comes a while after the run began. The session cannot tell that it is in the middle
// of its run, so this is a matter of time; a stop that came too early would hide a fault, not
// make one up.
class LateStop {
 public:
  std::stop_token token() const { return stop_.get_token(); }

 private:
  void Request(const std::stop_token& never) {
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable_any().wait_for(lock, never, kAfter, [] { return false; });
    stop_.request_stop();
  }

  static constexpr std::chrono::milliseconds kAfter{50};
  std::stop_source stop_;
  std::jthread thread_{[this](const std::stop_token& never) { Request(never); }};
};

}  // namespace perigee::serving
