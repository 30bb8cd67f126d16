// One thread and one session: takes batches from the backlog, runs them, hands the answers back.
#pragma once

#include <memory>
#include <string>
#include <thread>

#include "base/clock.h"
#include "model/model.h"
#include "serving/backend.h"
#include "serving/backlog.h"
#include "serving/rows.h"

namespace perigee::serving {

// Runs from its construction until the backlog is closed; the destructor waits for that.
class Instance {
 public:
  Instance(std::unique_ptr<Session> session, const model::Description& description,
           Backlog& backlog, const Clock& clock);
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;
  ~Instance() = default;

 private:
  void Serve();
  void RunBatch(Batch& batch);
  // False if the requests must be run one by one, to find out whose fault it is.
  bool RunTogether(Batch& batch);
  void RunAlone(Batch& batch, Request& request);
  Result<model::Tensors> RunSession(const model::Tensors& inputs, int rows, Batch& batch);

  std::unique_ptr<Session> session_;
  const model::Description& description_;
  Backlog& backlog_;
  const Clock& clock_;
  RowBuffer buffer_;
  std::jthread thread_;
};

}  // namespace perigee::serving
