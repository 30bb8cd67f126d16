// The cheap probe: what would a request that came now have to expect? Under /api/v1.
#include <utility>

#include "adapters/http_server/respond.h"
#include "adapters/http_server/routes.h"
#include "wire/load_report.h"

namespace perigee::http_server {
namespace {

Result<std::string> ModelHint(const Exchange& exchange, const Node& node) {
  const model::SharedModel model = TRY(node.models.Find(exchange.Path("model"), ""));
  return wire::HintJson(model->hint());
}

Result<std::string> TaskHint(const Exchange& exchange, const Node& node) {
  const task::Seat seat = TRY(node.tasks.Find(exchange.Path("task")));
  return wire::HintJson(seat.task->hint());
}

}  // namespace

void AddHintRoutes(Router& router, const Node& node) {
  router.Add("GET", "/api/v1/models/{model}/hint", [&node](Exchange exchange) {
    Result<std::string> body = ModelHint(exchange, node);
    RespondJson(exchange, std::move(body));
  });
  router.Add("GET", "/api/v1/tasks/{task}/hint", [&node](Exchange exchange) {
    Result<std::string> body = TaskHint(exchange, node);
    RespondJson(exchange, std::move(body));
  });
}

}  // namespace perigee::http_server
