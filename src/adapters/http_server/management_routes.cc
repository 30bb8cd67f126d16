// The models of the node, for those who run it: /api/v1/models. What is changed answers with the
// model as it is then.
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "adapters/http_server/change.h"
#include "adapters/http_server/respond.h"
#include "adapters/http_server/routes.h"
#include "wire/management.h"

namespace perigee::http_server {
namespace {

// The repository's models, and those that only the set has: aliases and tasks offered as models.
std::vector<model::ModelStatus> AllModels(const Node& node) {
  std::map<std::string, model::ModelStatus> all;
  for (model::IndexLine& line : model::FullIndex(node.models, node.repository.repository)) {
    model::ModelStatus& status = all[line.name];
    status.name = line.name;
    status.versions.push_back(std::move(line.version));
  }
  if (node.repository.repository != nullptr) {
    for (model::ModelStatus& status : node.repository.repository->Index()) {
      const auto listed = all.find(status.name);
      if (listed == all.end()) continue;  // it has come since
      listed->second.canary = std::move(status.canary);
      listed->second.variants = std::move(status.variants);
    }
  }
  std::vector<model::ModelStatus> list;
  for (auto& [name, status] : all) list.push_back(std::move(status));
  return list;
}

Result<std::string> OneModel(const std::string& name, const Node& node) {
  for (const model::ModelStatus& status : AllModels(node)) {
    if (status.name == name) return wire::ModelStatusJson(status);
  }
  return Fail(NotFound("find model " + name + ": this node has no model of that name"));
}

std::function<std::string()> AsItIsThen(std::string name, const Node& node) {
  return [name = std::move(name), &node] { return OneModel(name, node).value_or("{}"); };
}

void StartCanary(Exchange exchange, const Node& node) {
  const Result<model::CanaryPlan> plan = wire::ParseCanaryPlan(exchange.request->body);
  if (!plan) return exchange.respond(ErrorResponse(plan.error()));
  const std::string name = ModelOf(exchange);
  RespondToChange(
      std::move(exchange), node, "try model " + name + " version " + plan->version,
      [name, plan = *plan](model::Repository& repository, const task::Context& context) {
        return repository.StartCanary(name, plan, context);
      },
      AsItIsThen(name, node));
}

void StopCanary(Exchange exchange, const Node& node) {
  const std::string name = ModelOf(exchange);
  RespondToChange(
      std::move(exchange), node, "stop the canary of model " + name,
      [name](model::Repository& repository, const task::Context& context) {
        return repository.StopCanary(name, context);
      },
      AsItIsThen(name, node));
}

}  // namespace

void AddManagementRoutes(Router& router, const Node& node) {
  router.Add("GET", "/api/v1/models", [&node](Exchange exchange) {
    exchange.respond(Json(wire::ModelListJson(AllModels(node))));
  });
  router.Add("GET", "/api/v1/models/{model}", [&node](Exchange exchange) {
    Result<std::string> body = OneModel(ModelOf(exchange), node);
    RespondJson(exchange, std::move(body));
  });
  router.Add("POST", "/api/v1/models/{model}/load", [&node](Exchange exchange) {
    auto answer = AsItIsThen(ModelOf(exchange), node);
    LoadModel(std::move(exchange), node, std::move(answer));
  });
  router.Add("POST", "/api/v1/models/{model}/unload", [&node](Exchange exchange) {
    auto answer = AsItIsThen(ModelOf(exchange), node);
    UnloadModel(std::move(exchange), node, std::move(answer));
  });
  router.Add("POST", "/api/v1/models/{model}/canary",
             [&node](Exchange exchange) { StartCanary(std::move(exchange), node); });
  router.Add("DELETE", "/api/v1/models/{model}/canary",
             [&node](Exchange exchange) { StopCanary(std::move(exchange), node); });
}

}  // namespace perigee::http_server
