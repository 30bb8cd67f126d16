// What a test of this room needs of a node, and nothing else; the test sets the rest.
#pragma once

#include <atomic>
#include <chrono>

#include "adapters/http_server/node.h"

namespace perigee::http_server {

struct BareNode {
  std::atomic<bool> draining = false;
  model::ModelSet models;
  task::TaskSet tasks;

  // This and `clock` outlive it.
  Node On(const Clock& clock) const {
    return {.name = "n",
            .version = "0",
            .openapi = "openapi: 3.0.3",
            .models = models,
            .serving = {},
            .tasks = tasks,
            .clock = clock,
            .request_timeout = std::chrono::seconds(5),
            .body_max = 1 << 20,
            .draining = draining,
            .process = [] { return wire::ProcessMetrics{}; }};
  }
};

}  // namespace perigee::http_server
