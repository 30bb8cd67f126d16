#include "runtime/background.h"

#include <string>
#include <utility>

namespace perigee::runtime {

Background::Background(std::size_t queue_max)
    : queue_max_(queue_max), thread_([this] { WorkUntilClosed(); }) {}

void Background::Close() {
  {
    const std::scoped_lock lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
  std::deque<Job> dropped;  // they end after the lock
  const std::scoped_lock lock(mutex_);
  dropped.swap(waiting_);
}

Result<void> Background::Post(Job job) {
  {
    const std::scoped_lock lock(mutex_);
    if (closed_) return Fail(Unavailable("queue a job: this process is ending"));
    if (waiting_.size() >= queue_max_) {
      return Fail(ResourceExhausted("queue a job: " + std::to_string(queue_max_) +
                                    " already wait; try again later"));
    }
    waiting_.push_back(std::move(job));
  }
  changed_.notify_one();
  return {};
}

void Background::Every(Duration period, std::function<void()> job) {
  {
    const std::scoped_lock lock(mutex_);
    period_ = period;
    periodic_ = std::move(job);
    next_ = periodic_ ? DeadlineAfter(std::chrono::steady_clock::now(), period_) : kNever;
  }
  changed_.notify_one();
}

std::optional<Background::Job> Background::Next(std::unique_lock<std::mutex>& lock) {
  while (!closed_) {
    if (!waiting_.empty()) {
      Job job = std::move(waiting_.front());
      waiting_.pop_front();
      return job;
    }
    if (std::chrono::steady_clock::now() >= next_) {
      next_ = kNever;  // until this one has ended
      return Job([this, job = periodic_] {
        job();
        const std::scoped_lock again(mutex_);
        if (periodic_) next_ = DeadlineAfter(std::chrono::steady_clock::now(), period_);
      });
    }
    // No deadline without a periodic job: the wait ends with the next job or with this object.
    if (next_ == kNever) {
      changed_.wait(lock);
    } else {
      changed_.wait_until(lock, next_);
    }
  }
  return std::nullopt;
}

void Background::WorkUntilClosed() {
  std::unique_lock lock(mutex_);
  while (std::optional<Job> job = Next(lock)) {
    lock.unlock();
    (*job)();
    job.reset();  // what it holds is freed before the lock is taken again
    lock.lock();
  }
}

}  // namespace perigee::runtime
