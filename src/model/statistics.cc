#include "model/statistics.h"

#include <algorithm>

namespace perigee::model {
namespace {

void AddReasons(const Statistics& other, Statistics& sum) {
  sum.rejected += other.rejected;
  sum.late += other.late;
  sum.late_on_arrival += other.late_on_arrival;
  sum.dropped += other.dropped;
  sum.late_in_run += other.late_in_run;
  sum.cancelled += other.cancelled;
  sum.abandoned.Add(other.abandoned);
  sum.sessions_replaced += other.sessions_replaced;
  sum.hung_now += other.hung_now;
  sum.queued_now += other.queued_now;
}

void AddTenants(const Statistics& other, Statistics& sum) {
  for (const auto& [name, counts] : other.tenants) {
    const bool room = sum.tenants.size() < kTenantsMax || sum.tenants.contains(name);
    TenantCounts& tenant = sum.tenants[room ? name : kTenantsRest];
    tenant.in_time += counts.in_time;
    tenant.late += counts.late;
    tenant.rejected += counts.rejected;
    tenant.other += counts.other;
  }
}

}  // namespace

void Statistics::Add(const Statistics& other) {
  inference_count += other.inference_count;
  execution_count += other.execution_count;
  last_inference_ms = std::max(last_inference_ms, other.last_inference_ms);
  success.Add(other.success);
  fail.Add(other.fail);
  queue.Add(other.queue);
  compute_input.Add(other.compute_input);
  compute_infer.Add(other.compute_infer);
  compute_output.Add(other.compute_output);
  AddReasons(other, *this);
  for (const auto& [rows, batch] : other.batches) batches[rows].infer.Add(batch.infer);
  latency.Add(other.latency);
  queue_time.Add(other.queue_time);
  compute_time.Add(other.compute_time);
  slack.Add(other.slack);
  AddTenants(other, *this);
}

}  // namespace perigee::model
