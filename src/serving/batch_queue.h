// Which waiting requests run next, and together. A pure state machine in the time handed to it:
// it starts nothing, waits for nothing and knows requests only by id. Backlog drives it.
// Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace perigee::serving {

struct BatchQueueOptions {
  int batch_max = 1;    // rows gathered into one batch; a request with more runs alone
  Duration wait_max{};  // how long a request may be held back for others to join it
  // Requests, not rows: what a caller is refused for should not depend on who else sends how much.
  // Rows are bounded all the same, as the model bounds those of one request.
  int queue_max = 256;
};

struct QueuedRequest {
  std::uint64_t id = 0;
  int rows = 1;                 // at least 1
  std::uint64_t shape_key = 0;  // only requests of one key fit into one batch
  TimePoint deadline = kNever;
};

// Earliest deadline first; among equal deadlines first come, first served. Requests of other
// deadlines join the batch of the first as far as they fit.
class BatchQueue {
 public:
  explicit BatchQueue(const BatchQueueOptions& options);

  // ResourceExhausted: queue_max requests are waiting. DeadlineExceeded: late already. Neither
  // names a model; the caller adds that.
  Result<void> Push(const QueuedRequest& request, TimePoint now);

  // Moves the ids of the batch to run now to `ids`, which is cleared first. If there is none yet,
  // the time from which there will be one without another Push; kNever if there will not.
  // Call Expire before, or late requests run too.
  TimePoint Pop(TimePoint now, std::vector<std::uint64_t>& ids);

  // Moves the ids whose deadline has come to `ids`, which is cleared first.
  void Expire(TimePoint now, std::vector<std::uint64_t>& ids);

  // False if it is not waiting.
  bool Remove(std::uint64_t id);

  // Moves all ids to `ids`, which is cleared first.
  void Clear(std::vector<std::uint64_t>& ids);

  std::size_t size() const { return waiting_.size(); }
  // kNever if nothing waits.
  TimePoint earliest_deadline() const;

 private:
  struct Waiting {
    QueuedRequest request;
    TimePoint run_by;  // held back no longer than this
    bool chosen = false;
  };

  // Marks what runs together with waiting_[lead] and says from when on it should.
  TimePoint Choose(std::size_t lead);
  void TakeChosen(std::vector<std::uint64_t>& ids);

  BatchQueueOptions options_;
  // By deadline, then arrival. A few hundred at most, so a vector beats a tree and never allocates.
  std::vector<Waiting> waiting_;
  std::vector<std::uint64_t> keys_tried_;
};

}  // namespace perigee::serving
