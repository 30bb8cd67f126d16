// One Submit on its way through a served model, and the batch it runs in. Made by ServedModel,
// kept by Backlog, run by Instance.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <vector>

#include "base/clock.h"
#include "model/model.h"
#include "task/context.h"

namespace perigee::serving {

class Backlog;
struct Batch;
struct Request;

// What the caller's stop token calls.
struct StopHandler {
  Backlog* backlog;
  Request* request;
  void operator()() const;
};

// Belongs to one thread at a time: to the submitter, then to the backlog (under its lock), then to
// the instance that runs it. `stopped` and `state` are the backlog's throughout.
struct Request {
  enum class State { kNew, kQueued, kRunning, kEnded };

  const model::Tensors* inputs = nullptr;  // the caller's, until `done`
  model::Model::Done done;
  int rows = 1;
  std::uint64_t shape_key = 0;
  TimePoint deadline = kNever;
  task::Priority priority = task::Priority::kNormal;
  std::uint32_t tenant = 0;  // as Tally numbers them
  TimePoint submitted;
  Result<model::Output> answer;
  bool ran = false;  // `answer` is what its run gave

  State state = State::kNew;
  bool stopped = false;  // the caller left
  std::uint64_t id = 0;
  Batch* batch = nullptr;  // that it runs in
  std::optional<std::stop_callback<StopHandler>> on_stop;
};

// Who runs batches: an instance, on its own thread or on one that is lent to it.
class BatchRunner {
 public:
  // True: its own thread has to see to it before the next run.
  virtual bool Run(Batch& batch) = 0;

 protected:
  ~BatchRunner() = default;
};

// What an instance runs at once. Reused from run to run.
struct Batch {
  // Who may touch `requests`: the instance, except while a session runs on inputs of the
  // instance's own (kLent). Then the backlog may answer the callers of a run that does not end
  // (kTaken); the instance finds that out when the run returns.
  enum class Hold { kInstance, kLent, kTaken };

  std::vector<std::unique_ptr<Request>> requests;
  int rows = 0;
  TimePoint started;
  std::atomic<Hold> hold = Hold::kInstance;
  // What the run took. `runs` is more than 1 if the batch had to be taken apart.
  std::uint64_t runs = 0;
  Duration gather{};
  Duration compute{};
  Duration scatter{};
  Duration unanswered{};  // compute whose callers the backlog had taken

  // The backlog's, except that the instance hands `stop` to the session.
  std::stop_source stop;
  bool stopping = false;  // `stop` was, or is about to be, requested
  TimePoint stopping_since;
  bool late = false;      // because the last deadline passed
  bool hung = false;      // it did not heed that: another instance has its place, or none has
  bool replaced = false;  // another has

  // The backlog's: the place of an instance that waits for work.
  BatchRunner* runner = nullptr;  // null: no instance has this place
  std::condition_variable work;   // for its own thread
  bool woken = false;             // that thread is told to look again
  bool lent = false;              // a caller's thread runs it
  bool look = false;              // and left something to its own
  bool over = false;              // or nothing: another instance has its place

  // Empty and unstopped, for the next run.
  void Renew(TimePoint now);
};

}  // namespace perigee::serving
