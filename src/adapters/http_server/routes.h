// The routes of each protocol. `node` outlives the router.
#pragma once

#include <vector>

#include "adapters/http_server/node.h"
#include "adapters/http_server/router.h"

namespace perigee::http_server {

void AddOipRoutes(Router& router, const Node& node);         // /v2: Open Inference Protocol
void AddRepositoryRoutes(Router& router, const Node& node);  // /v2/repository
void AddManagementRoutes(Router& router, const Node& node);  // /api/v1/models
void AddTfsRoutes(Router& router, const Node& node);         // /v1/models: TensorFlow Serving
void AddTaskRoutes(Router& router, const Node& node);        // /v1/tasks
void AddStreamRoutes(Router& router, const Node& node);      // /v1/tasks/{task}/stream
void AddHintRoutes(Router& router, const Node& node);  // /api/v1/models/{model}/hint and alike
// What the streams of every server of the node came to.
std::vector<wire::Family> StreamFamilies(const Node& node);
void AddInfoRoutes(Router& router, const Node& node);  // /, /openapi.yaml

}  // namespace perigee::http_server
