// A task's threads that work only when a test says so, the most urgent first. Not thread-safe.
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "base/result.h"
#include "task/task_set.h"

namespace perigee::pipeline {

class ManualThreads {
 public:
  task::Seat::Post Post() {
    return [this](TimePoint deadline, task::Seat::Work work) {
      if (full_) return work(Fail(ResourceExhausted("post: full")));
      queue_.emplace_back(deadline, std::move(work));
    };
  }
  void Refuse(bool full) { full_ = full; }
  std::size_t queued() const { return queue_.size(); }

  // False if nothing was there to do. Of equally urgent work, what came first.
  bool RunOne() {
    if (queue_.empty()) return false;
    const auto first = std::ranges::min_element(queue_, {}, &Item::first);
    task::Seat::Work work = std::move(first->second);
    queue_.erase(first);
    work({});
    return true;
  }
  void RunAll() {
    while (RunOne()) {
    }
  }

 private:
  using Item = std::pair<TimePoint, task::Seat::Work>;

  std::vector<Item> queue_;
  bool full_ = false;
};

}  // namespace perigee::pipeline
