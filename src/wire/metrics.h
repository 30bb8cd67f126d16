// The Prometheus text exposition (version 0.0.4) of what a node counts. Values in, text out for
// GET /metrics with content type kMetricsContentType. Pure; any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/statistics.h"
#include "wire/exposition.h"

namespace perigee::wire {

inline constexpr std::string_view kMetricsContentType = "text/plain; version=0.0.4; charset=utf-8";

struct ModelMetrics {
  std::string name;
  std::string version;
  model::Statistics statistics;
};

struct ProcessMetrics {
  std::string version;            // of perigee
  double start_time_seconds = 0;  // Unix time
  double cpu_seconds = 0;         // user and system
  std::uint64_t resident_bytes = 0;
  std::uint64_t open_fds = 0;
};

// One metric of another room (requests by path and status, say).
struct Family {
  std::string name;  // "perigee_http_requests_total": a counter's ends in _total
  std::string help;
  std::string type;  // "counter" or "gauge"
  std::vector<std::pair<Labels, double>> samples;
};

// `triton_names`: also under the names that Triton's dashboards ask for (triton_metrics.h).
std::string MetricsText(std::span<const ModelMetrics> models, const ProcessMetrics& process,
                        std::span<const Family> more = {}, bool triton_names = false);

}  // namespace perigee::wire
