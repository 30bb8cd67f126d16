// What an HTTP server shows of a node: references that wiring owns and that outlive the server.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <string>

#include "base/clock.h"
#include "model/model_set.h"
#include "model/repository.h"
#include "runtime/span.h"
#include "task/stream_counts.h"
#include "task/task_set.h"
#include "wire/metrics.h"
#include "wire/oip_metadata.h"

namespace perigee::http_server {

struct Node {
  std::string name;     // "perigee"
  std::string version;  // "0.1.0"
  std::string openapi;  // api/openapi.yaml
  const model::ModelSet& models;
  wire::ServingOptions serving;
  const task::TaskSet& tasks;
  const Clock& clock;
  Duration request_timeout{};         // of a request that brings no budget of its own
  std::size_t body_max = 0;           // bytes, also after decompression
  const std::atomic<bool>& draining;  // true: /v2/health/ready says no
  std::function<wire::ProcessMetrics()> process;
  model::RepositoryAccess repository = {};
  runtime::Tracer* tracer = nullptr;      // null: no spans are made
  bool triton_metrics = true;             // /metrics also under Triton's names
  task::StreamCounts* streams = nullptr;  // null: streams are not counted
};

}  // namespace perigee::http_server
