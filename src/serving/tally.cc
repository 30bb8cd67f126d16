#include "serving/tally.h"

#include <chrono>

namespace perigee::serving {

void Tally::Success(const Batch& batch, const Request& request, TimePoint now) {
  const Duration whole = now - request.submitted;
  statistics_.inference_count += static_cast<std::uint64_t>(request.rows);
  statistics_.success.Add(whole);
  statistics_.queue.Add(batch.started - request.submitted);
  statistics_.compute_input.Add(batch.gather);
  statistics_.compute_infer.Add(batch.compute);
  statistics_.compute_output.Add(batch.scatter);
  statistics_.latency.Observe(whole);
}

void Tally::Failure(Code code, Duration whole) {
  statistics_.fail.Add(whole);
  if (code == Code::kResourceExhausted) ++statistics_.rejected;
  if (code == Code::kDeadlineExceeded) ++statistics_.late;
  if (code == Code::kCancelled) ++statistics_.cancelled;
}

void Tally::Run(const Batch& batch) {
  using std::chrono::milliseconds;
  const auto unix_time = std::chrono::system_clock::now().time_since_epoch();
  statistics_.execution_count += batch.runs;
  statistics_.batches[batch.rows].infer.Add(batch.compute);
  statistics_.last_inference_ms = std::chrono::duration_cast<milliseconds>(unix_time).count();
}

}  // namespace perigee::serving
