// A request that changes the node's models: answered by whoever did it, which takes time. Any
// thread.
#pragma once

#include <functional>
#include <string>

#include "adapters/http_server/node.h"
#include "adapters/http_server/router.h"
#include "model/repository.h"

namespace perigee::http_server {

// The model that the path names.
std::string ModelOf(const Exchange& exchange);

// `attempt` leads the messages; `answer` makes the body once the change is done.
void RespondToChange(Exchange exchange, const Node& node, const std::string& attempt,
                     model::Change change, std::function<std::string()> answer);

// load or unload, in the words of both APIs: they take the same body.
void LoadModel(Exchange exchange, const Node& node, std::function<std::string()> answer);
void UnloadModel(Exchange exchange, const Node& node, std::function<std::string()> answer);

}  // namespace perigee::http_server
