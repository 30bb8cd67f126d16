// One thread and one session: takes batches from the backlog, runs them, hands the answers back;
// measures while there is nothing to run. A session that breaks its contract is replaced. While it
// is idle, the backlog may have a caller's thread run a batch on it.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "base/clock.h"
#include "model/model.h"
#include "serving/backend.h"
#include "serving/backlog.h"
#include "serving/rows.h"

namespace perigee::serving {

// What the instances of one model share. Outlives them.
struct InstanceCommons {
  const model::Description& description;
  Backlog& backlog;
  const Clock& clock;
  // Another session of the same model. Thread-safe.
  std::function<Result<std::unique_ptr<Session>>()> open;
  // Runs may be given up, so small inputs are copied: a run that does not end must not read what
  // its caller has long freed.
  bool runs_may_hang = false;
};

// Runs from its construction until the backlog is closed, or until another instance has its place;
// the destructor waits for that, and so for a run that hangs.
class Instance final : private BatchRunner {
 public:
  // `session` may be null: the instance opens one, however often it takes.
  Instance(std::unique_ptr<Session> session, const InstanceCommons& commons);
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;
  ~Instance() = default;

  // It has ended, and its session with it. Any thread.
  bool ended() const { return ended_; }
  bool is_this_thread() const { return thread_.get_id() == std::this_thread::get_id(); }

 private:
  bool Run(Batch& batch) override;
  void Serve();
  bool OpenSession();
  // Does one piece of work. False: it was the last.
  bool Work(Batch& batch);
  void ReplaceSession();
  void RunBatch(Batch& batch);
  // False if the requests must be run one by one, to find out whose fault it is.
  bool RunTogether(Batch& batch);
  void RunAlone(Batch& batch, Request& request);
  Result<model::Tensors> RunSession(const model::Tensors& inputs, int rows, Batch& batch,
                                    Batch::Hold hold);
  void Measure(Batch& batch);

  const InstanceCommons& commons_;
  const model::Description& description_;
  std::unique_ptr<Session> session_;
  bool broken_ = false;  // the session threw, or answered what the model does not declare
  TimePoint replaced_at_ = TimePoint::min();
  Duration took_{};  // the last run
  RowBuffer buffer_;
  std::atomic<bool> ended_ = false;
  std::jthread thread_;
};

}  // namespace perigee::serving
