// What waits for one model's instances and what they run: the batch queue with its lock, the
// callers' stop tokens, the deadlines and the counters. ServedModel submits; instances take and
// finish.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "model/statistics.h"
#include "serving/batch_queue.h"
#include "serving/request.h"
#include "serving/tally.h"

namespace perigee::serving {

// Thread-safe. Every request's `done` is called exactly once, without the lock held: by the
// instance that ran it, by the thread that requested its stop, by the timekeeper at its deadline,
// or by Submit or Close themselves. `done` may Submit again; it may not destroy the model.
class Backlog {
 public:
  // `attempt` leads the messages: "infer emotion".
  Backlog(std::string attempt, const BatchQueueOptions& options, const Clock& clock);
  // After Close(), and after the last Take and Finish returned.
  ~Backlog() = default;
  Backlog(const Backlog&) = delete;
  Backlog& operator=(const Backlog&) = delete;

  void Submit(std::unique_ptr<Request> request, const std::stop_token& stop);

  // The next batch; blocks until there is one. False once closed.
  bool Take(Batch& batch);
  // Hands out the answers that stand in the batch's requests, which it empties.
  void Finish(Batch& batch);

  // What waits gets Unavailable, what runs is stopped, Take gives false from now on.
  void Close();

  // Counts a request that was refused at the door, before there was a Request.
  void CountRefused();
  model::Statistics statistics() const;

 private:
  friend struct StopHandler;
  using Requests = std::vector<std::unique_ptr<Request>>;

  void OnStop(Request& request);
  void EndStopped(std::unique_lock<std::mutex>& lock, Request& request);
  void KeepTime();

  // These want the lock held.
  Result<void> Enqueue(std::unique_ptr<Request>& request);
  void Start(Batch& batch, TimePoint now);
  Requests ExtractLate(TimePoint now);
  std::unique_ptr<Request> Extract(std::uint64_t id);
  // When the next run will be late, and in `stops` those that are.
  TimePoint StopLateRuns(TimePoint now, std::vector<std::stop_source>& stops);
  void Settle(const Batch& batch, Request& request);

  Error Late() const;

  const std::string attempt_;
  const Clock& clock_;

  mutable std::mutex mutex_;
  std::condition_variable work_;   // for instances: something may be ready
  std::condition_variable time_;   // for the timekeeper: an earlier deadline
  std::condition_variable ended_;  // for Close: ending_ fell
  // All below under mutex_.
  BatchQueue queue_;
  std::unordered_map<std::uint64_t, std::unique_ptr<Request>> waiting_;
  std::vector<Batch*> running_;
  std::vector<std::uint64_t> ids_;  // scratch
  std::uint64_t id_last_ = 0;
  int idle_ = 0;    // instances that wait in Take
  int ending_ = 0;  // threads outside ours that are calling a `done`
  bool closed_ = false;
  TimePoint timekeeper_wakes_ = kNever;
  Tally tally_;

  std::jthread timekeeper_;  // answers what is late even while every instance is busy
};

}  // namespace perigee::serving
