// What a node knows of its own speed, under /api/v1: the cheap probe (what would a request that
// came now have to expect?), and how long each model's runs take.
#include <utility>

#include "adapters/http_server/respond.h"
#include "adapters/http_server/routes.h"
#include "wire/budget.h"
#include "wire/load_report.h"
#include "wire/management.h"

namespace perigee::http_server {
namespace {

// That the request asked about would have.
Result<Duration> BudgetOf(const Exchange& exchange) {
  const std::string_view text = net::HeaderValue(exchange.request->headers, wire::kBudgetHeader);
  if (text.empty()) return task::kUsualBudget;
  return wire::ParseBudget(text);
}

Result<std::string> ModelHint(const Exchange& exchange, const Node& node) {
  const model::SharedModel model = TRY(node.models.Find(exchange.Path("model"), ""));
  const Duration budget = TRY(BudgetOf(exchange));
  return wire::HintJson(model->hint(budget));
}

Result<std::string> ModelProfile(const Exchange& exchange, const Node& node) {
  const model::SharedModel model = TRY(node.models.Find(exchange.Path("model"), ""));
  return wire::ProfileJson(model->profile());
}

Result<std::string> TaskHint(const Exchange& exchange, const Node& node) {
  const task::Seat seat = TRY(node.tasks.Find(exchange.Path("task")));
  const Duration budget = TRY(BudgetOf(exchange));
  return wire::HintJson(seat.task->hint(budget));
}

}  // namespace

void AddHintRoutes(Router& router, const Node& node) {
  router.Add("GET", "/api/v1/models/{model}/hint", [&node](Exchange exchange) {
    Result<std::string> body = ModelHint(exchange, node);
    RespondJson(exchange, std::move(body));
  });
  router.Add("GET", "/api/v1/models/{model}/profile", [&node](Exchange exchange) {
    Result<std::string> body = ModelProfile(exchange, node);
    RespondJson(exchange, std::move(body));
  });
  router.Add("GET", "/api/v1/tasks/{task}/hint", [&node](Exchange exchange) {
    Result<std::string> body = TaskHint(exchange, node);
    RespondJson(exchange, std::move(body));
  });
}

}  // namespace perigee::http_server
