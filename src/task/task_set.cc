#include "task/task_set.h"

#include <utility>

namespace perigee::task {

void TaskSet::Put(Seat seat) {
  std::string name = seat.task->description().name;
  {
    const std::scoped_lock lock(mutex_);
    std::swap(seats_[std::move(name)], seat);
  }
  // The task that was there before ends here, without the lock.
}

void TaskSet::Remove(std::string_view name) {
  Seat removed;
  const std::scoped_lock lock(mutex_);
  const auto found = seats_.find(name);
  if (found == seats_.end()) return;
  removed = std::move(found->second);  // ends after the lock
  seats_.erase(found);
}

Result<Seat> TaskSet::Find(std::string_view name) const {
  const std::scoped_lock lock(mutex_);
  const auto found = seats_.find(name);
  if (found != seats_.end()) return found->second;
  return Fail(
      NotFound("find task " + std::string(name) + ": GET /v1/tasks lists those that exist"));
}

std::vector<Seat> TaskSet::All() const {
  const std::scoped_lock lock(mutex_);
  std::vector<Seat> all;
  all.reserve(seats_.size());
  for (const auto& [name, seat] : seats_) all.push_back(seat);
  return all;
}

}  // namespace perigee::task
