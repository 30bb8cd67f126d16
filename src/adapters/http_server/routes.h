// The routes of each protocol. `node` outlives the router.
#pragma once

#include "adapters/http_server/node.h"
#include "adapters/http_server/router.h"

namespace perigee::http_server {

void AddOipRoutes(Router& router, const Node& node);   // /v2: Open Inference Protocol
void AddTfsRoutes(Router& router, const Node& node);   // /v1/models: TensorFlow Serving
void AddTaskRoutes(Router& router, const Node& node);  // /v1/tasks
void AddInfoRoutes(Router& router, const Node& node);  // /, /openapi.yaml

// Until when and for whom a request is worked on.
task::Context ContextOf(const net::HttpRequest& request, const Node& node);

}  // namespace perigee::http_server
