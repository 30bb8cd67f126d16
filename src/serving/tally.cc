#include "serving/tally.h"

#include <chrono>

namespace perigee::serving {

std::uint32_t Tally::Tenant(std::string_view name) {
  const auto known = tenants_.find(name);
  if (known != tenants_.end()) return known->second;
  if (tenants_.size() + 1 >= model::kTenantsMax) name = model::kTenantsRest;
  const auto [place, fresh] =
      tenants_.emplace(std::string(name), static_cast<std::uint32_t>(counts_.size()));
  if (fresh) counts_.emplace_back();
  return place->second;
}

void Tally::Success(const Batch& batch, const Request& request, TimePoint now) {
  const Duration whole = now - request.submitted;
  const Duration queued = batch.started - request.submitted;
  statistics_.inference_count += static_cast<std::uint64_t>(request.rows);
  statistics_.success.Add(whole);
  statistics_.queue.Add(queued);
  statistics_.compute_input.Add(batch.gather);
  statistics_.compute_infer.Add(batch.compute);
  statistics_.compute_output.Add(batch.scatter);
  statistics_.latency.Observe(whole);
  statistics_.queue_time.Observe(queued);
  statistics_.compute_time.Observe(batch.compute);
  if (request.deadline != kNever) statistics_.slack.Observe(request.deadline - now);
  model::TenantCounts& tenant = counts_[request.tenant];
  ++(request.deadline >= now ? tenant.in_time : tenant.late);
}

void Tally::Failure(Moment moment, Code code, std::uint32_t tenant, Duration whole) {
  statistics_.fail.Add(whole);
  model::TenantCounts& counts = counts_[tenant];
  if (code == Code::kDeadlineExceeded) {
    ++statistics_.late;
    ++counts.late;
    if (moment == Moment::kArrival) ++statistics_.late_on_arrival;
    if (moment == Moment::kWaiting) ++statistics_.dropped;
    if (moment == Moment::kRun) ++statistics_.late_in_run;
  } else if (code == Code::kResourceExhausted) {
    ++statistics_.rejected;
    ++counts.rejected;
  } else {
    if (code == Code::kCancelled) ++statistics_.cancelled;
    ++counts.other;
  }
}

void Tally::Run(const Batch& batch, bool wanted) {
  using std::chrono::milliseconds;
  const auto unix_time = std::chrono::system_clock::now().time_since_epoch();
  statistics_.execution_count += batch.runs;
  statistics_.batches[batch.rows].infer.Add(batch.compute);
  statistics_.last_inference_ms = std::chrono::duration_cast<milliseconds>(unix_time).count();
  if (!wanted) statistics_.abandoned.Add(batch.compute);
}

model::Statistics Tally::statistics() const {
  model::Statistics statistics = statistics_;
  for (const auto& [name, number] : tenants_) statistics.tenants.emplace(name, counts_[number]);
  return statistics;
}

}  // namespace perigee::serving
