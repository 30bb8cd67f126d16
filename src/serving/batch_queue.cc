#include "serving/batch_queue.h"

#include <algorithm>
#include <string>

#include "base/check.h"

namespace perigee::serving {

BatchQueue::BatchQueue(const BatchQueueOptions& options) : options_(options) {
  CHECK(options.batch_max >= 1 && options.queue_max >= 1 && options.wait_max >= Duration::zero());
  waiting_.reserve(static_cast<std::size_t>(options.queue_max));
}

Result<void> BatchQueue::Push(const QueuedRequest& request, TimePoint now) {
  CHECK(request.rows >= 1);
  if (request.deadline <= now) {
    return Fail(DeadlineExceeded("queue: the deadline had passed on arrival"));
  }
  if (waiting_.size() >= static_cast<std::size_t>(options_.queue_max)) {
    return Fail(ResourceExhausted("queue: " + std::to_string(options_.queue_max) +
                                  " requests are waiting, the most allowed"));
  }
  // Who would be late after the wait is not made to wait.
  const TimePoint held_until = DeadlineAfter(now, options_.wait_max);
  const Waiting waiting{request, request.deadline <= held_until ? now : held_until, false};
  const auto place = std::ranges::upper_bound(
      waiting_, request.deadline, {}, [](const Waiting& other) { return other.request.deadline; });
  waiting_.insert(place, waiting);
  return {};
}

TimePoint BatchQueue::Pop(TimePoint now, std::vector<std::uint64_t>& ids) {
  ids.clear();
  keys_tried_.clear();
  TimePoint wake = kNever;
  for (std::size_t lead = 0; lead < waiting_.size(); ++lead) {
    const std::uint64_t key = waiting_[lead].request.shape_key;
    if (std::ranges::find(keys_tried_, key) != keys_tried_.end()) continue;
    const TimePoint run_at = Choose(lead);
    if (run_at <= now) {
      TakeChosen(ids);
      return now;
    }
    keys_tried_.push_back(key);
    wake = std::min(wake, run_at);
  }
  return wake;
}

TimePoint BatchQueue::Choose(std::size_t lead) {
  const std::uint64_t key = waiting_[lead].request.shape_key;
  int rows = 0;
  bool full = false;
  TimePoint run_at = kNever;
  for (std::size_t i = 0; i < waiting_.size(); ++i) {
    Waiting& waiting = waiting_[i];
    waiting.chosen = false;
    if (i < lead || waiting.request.shape_key != key) continue;
    if (rows > 0 && rows + waiting.request.rows > options_.batch_max) {
      full = true;  // Somebody is left behind: waiting longer gains this batch nothing.
      continue;
    }
    waiting.chosen = true;
    rows += waiting.request.rows;
    run_at = std::min(run_at, waiting.run_by);
  }
  return full || rows >= options_.batch_max ? TimePoint::min() : run_at;
}

void BatchQueue::TakeChosen(std::vector<std::uint64_t>& ids) {
  for (const Waiting& waiting : waiting_) {
    if (waiting.chosen) ids.push_back(waiting.request.id);
  }
  std::erase_if(waiting_, [](const Waiting& waiting) { return waiting.chosen; });
}

void BatchQueue::Expire(TimePoint now, std::vector<std::uint64_t>& ids) {
  ids.clear();
  auto end = waiting_.begin();
  for (; end != waiting_.end() && end->request.deadline <= now; ++end) {
    ids.push_back(end->request.id);
  }
  waiting_.erase(waiting_.begin(), end);
}

bool BatchQueue::Remove(std::uint64_t id) {
  return std::erase_if(waiting_, [id](const Waiting& w) { return w.request.id == id; }) > 0;
}

void BatchQueue::Clear(std::vector<std::uint64_t>& ids) {
  ids.clear();
  for (const Waiting& waiting : waiting_) ids.push_back(waiting.request.id);
  waiting_.clear();
}

TimePoint BatchQueue::earliest_deadline() const {
  return waiting_.empty() ? kNever : waiting_.front().request.deadline;
}

}  // namespace perigee::serving
