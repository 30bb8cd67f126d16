// One thread for work that nobody waits for on the spot: jobs in the order they were posted, and
// jobs that come again and again (watching a folder). Bounded.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "base/clock.h"
#include "base/result.h"

namespace perigee::runtime {

// Thread-safe.
class Background {
 public:
  using Job = std::move_only_function<void()>;

  explicit Background(std::size_t queue_max);
  ~Background() { Close(); }
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;

  // ResourceExhausted if queue_max jobs already wait; Unavailable once closed.
  Result<void> Post(Job job);

  // Returns after the job that runs. Jobs that wait are dropped: whoever must see theirs done waits
  // for it before this.
  void Close();

  // Runs `job` whenever `period` has passed since it last ended, after the jobs that wait. In place
  // of the one before; an empty one ends it.
  void Every(Duration period, std::function<void()> job);

 private:
  void WorkUntilClosed();
  // With the lock held: the next job, or nothing once closed.
  std::optional<Job> Next(std::unique_lock<std::mutex>& lock);

  const std::size_t queue_max_;
  std::mutex mutex_;
  std::condition_variable changed_;
  // Below all guarded by mutex_.
  bool closed_ = false;
  std::deque<Job> waiting_;
  Duration period_{};
  std::function<void()> periodic_;
  TimePoint next_ = kNever;
  std::jthread thread_;
};

}  // namespace perigee::runtime
