// The repository extension of the Open Inference Protocol: index, load, unload.
#include <memory>
#include <utility>
#include <vector>

#include "adapters/http_server/change.h"
#include "adapters/http_server/respond.h"
#include "adapters/http_server/routes.h"
#include "wire/management.h"
#include "wire/oip_metadata.h"

namespace perigee::http_server {
namespace {

Result<std::string> RepositoryIndex(const Exchange& exchange, const Node& node) {
  const bool only_ready = TRY(wire::ParseIndexRequest(exchange.request->body));
  std::vector<model::IndexLine> lines = model::FullIndex(node.models, node.repository.repository);
  if (only_ready) {
    std::erase_if(lines, [](const model::IndexLine& line) {
      return line.version.state != model::ModelState::kReady;
    });
  }
  return wire::RepositoryIndexJson(lines);
}

std::string Nothing() { return "{}"; }

struct Verb {
  std::string name;
  Result<void> (model::Repository::*act)(std::string_view model, const task::Context& context);
};

void ChangeModel(Exchange exchange, const Node& node, const Verb& verb,
                 std::function<std::string()> answer) {
  const std::string name = ModelOf(exchange);
  const std::string attempt = verb.name + " model " + name;
  const Result<void> fits = wire::CheckLoadRequest(exchange.request->body, attempt);
  if (!fits) return exchange.respond(ErrorResponse(fits.error()));
  RespondToChange(
      std::move(exchange), node, attempt,
      [name, act = verb.act](model::Repository& repository, const task::Context& context) {
        return (repository.*act)(name, context);
      },
      std::move(answer));
}

}  // namespace

std::string ModelOf(const Exchange& exchange) { return std::string(exchange.Path("model")); }

void RespondToChange(Exchange exchange, const Node& node, const std::string& attempt,
                     model::Change change, std::function<std::string()> answer) {
  const task::Context context{
      .deadline = DeadlineAfter(exchange.request->received_at, node.request_timeout),
      .stop = exchange.request->stop};
  model::PostChange(
      node.repository, attempt, context, std::move(change),
      [exchange = std::move(exchange), answer = std::move(answer)](Result<void> done) mutable {
        exchange.respond(done ? Json(answer()) : ErrorResponse(done.error()));
      });
}

void LoadModel(Exchange exchange, const Node& node, std::function<std::string()> answer) {
  ChangeModel(std::move(exchange), node, {"load", &model::Repository::Load}, std::move(answer));
}

void UnloadModel(Exchange exchange, const Node& node, std::function<std::string()> answer) {
  ChangeModel(std::move(exchange), node, {"unload", &model::Repository::Unload}, std::move(answer));
}

void AddRepositoryRoutes(Router& router, const Node& node) {
  router.Add("POST", "/v2/repository/index", [&node](Exchange exchange) {
    Result<std::string> body = RepositoryIndex(exchange, node);
    RespondJson(exchange, std::move(body));
  });
  router.Add("POST", "/v2/repository/models/{model}/load",
             [&node](Exchange exchange) { LoadModel(std::move(exchange), node, Nothing); });
  router.Add("POST", "/v2/repository/models/{model}/unload",
             [&node](Exchange exchange) { UnloadModel(std::move(exchange), node, Nothing); });
}

}  // namespace perigee::http_server
