// The tasks that a node offers now, each with the threads that it may block. Tasks come and go
// with the models they use; whoever found one keeps it until its request is done.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "task/task.h"

namespace perigee::task {

using SharedTask = std::shared_ptr<Task>;

struct Seat {
  using Work = std::move_only_function<void(Result<void> admitted)>;
  // Runs work on threads that may block, once, the most urgent deadline first; or at once with an
  // error if there is no room.
  using Post = std::function<void(TimePoint deadline, Work work)>;

  SharedTask task;
  Post post;  // what it calls outlives every server
};

// Thread-safe.
class TaskSet {
 public:
  // In place of the task of that name, if there is one.
  void Put(Seat seat);
  void Remove(std::string_view name);
  // NotFound in one sentence.
  Result<Seat> Find(std::string_view name) const;
  std::vector<Seat> All() const;  // by name

 private:
  mutable std::mutex mutex_;
  std::map<std::string, Seat, std::less<>> seats_;  // guarded by mutex_
};

}  // namespace perigee::task
