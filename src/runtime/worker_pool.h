// Threads for blocking straight-line work (pipelines), most urgent deadline first. One pool a task,
// so that a slow task cannot starve another. The backlog of model rows lives in the scheduler of
// serving/, so the pool has more workers than there can be rows running.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace perigee::runtime {

// Thread-safe.
class WorkerPool {
 public:
  using Work = std::move_only_function<void(Result<void> admitted)>;

  WorkerPool(int workers, int queue_max);
  // Finishes what was accepted, then joins.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // Calls `work` exactly once: on a worker, or at once with ResourceExhausted if queue_max pieces
  // of work already wait. Equal deadlines: first come, first served.
  void Post(TimePoint deadline, Work work);

  // How many whole pieces of work a newcomer waits for before its own begins, on average; 0 while a
  // worker is idle.
  double RunsAhead() const;

 private:
  struct Item {
    TimePoint deadline;
    std::uint64_t order;
    Work work;
  };
  static bool Later(const Item& a, const Item& b);
  void WorkUntilClosed();

  const std::size_t queue_max_;
  const std::size_t workers_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool closed_ = false;        // guarded by mutex_
  std::size_t busy_ = 0;       // workers at work; guarded by mutex_
  std::uint64_t order_ = 0;    // guarded by mutex_
  std::vector<Item> waiting_;  // a heap, the most urgent on top; guarded by mutex_
  std::vector<std::jthread> threads_;
};

}  // namespace perigee::runtime
