#include "trial/timeline.h"

#include <condition_variable>
#include <mutex>

namespace perigee::trial {

void SteadyTimeline::WaitUntil(TimePoint until, std::stop_token stop) {
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock lock(mutex);
  stopped.wait_until(lock, stop, until, [] { return false; });
}

}  // namespace perigee::trial
