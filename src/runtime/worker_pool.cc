#include "runtime/worker_pool.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

namespace perigee::runtime {

WorkerPool::WorkerPool(int workers, int queue_max)
    : queue_max_(static_cast<std::size_t>(queue_max)), workers_(static_cast<std::size_t>(workers)) {
  threads_.reserve(static_cast<std::size_t>(workers));
  for (int i = 0; i < workers; ++i) {
    threads_.emplace_back([this] { WorkUntilClosed(); });
  }
}

WorkerPool::~WorkerPool() {
  {
    const std::scoped_lock lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
  threads_.clear();
}

bool WorkerPool::Later(const Item& a, const Item& b) {
  return std::tie(a.deadline, a.order) > std::tie(b.deadline, b.order);
}

void WorkerPool::Post(TimePoint deadline, Work work) {
  std::unique_lock lock(mutex_);
  if (waiting_.size() >= queue_max_) {
    lock.unlock();
    return work(Fail(
        ResourceExhausted("queue work: " + std::to_string(queue_max_) + " requests already wait")));
  }
  waiting_.push_back({deadline, order_++, std::move(work)});
  std::ranges::push_heap(waiting_, Later);
  lock.unlock();
  changed_.notify_one();
}

void WorkerPool::WorkUntilClosed() {
  std::unique_lock lock(mutex_);
  while (true) {
    // No deadline on this wait: it ends with the next piece of work or with the pool.
    changed_.wait(lock, [this] { return closed_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    std::ranges::pop_heap(waiting_, Later);
    Work work = std::move(waiting_.back().work);
    waiting_.pop_back();
    ++busy_;
    lock.unlock();
    work({});
    work = nullptr;  // what it holds is freed before the lock is taken again
    lock.lock();
    --busy_;
  }
}

// Those who wait go first, a worker becomes free for each `workers_`th of a piece, and the one that
// becomes free next is on average half done.
double WorkerPool::RunsAhead() const {
  const std::scoped_lock lock(mutex_);
  if (busy_ + waiting_.size() < workers_) return 0;
  return (static_cast<double>(waiting_.size()) + 0.5) / static_cast<double>(workers_);
}

}  // namespace perigee::runtime
