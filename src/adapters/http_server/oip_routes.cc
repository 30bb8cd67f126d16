// The Open Inference Protocol over REST (wire/oip_*.h): health, metadata, infer, and the extensions
// that stock clients call unasked.
#include <charconv>
#include <memory>
#include <optional>
#include <utility>

#include "adapters/http_server/respond.h"
#include "adapters/http_server/routes.h"
#include "wire/content_encoding.h"
#include "wire/oip_metadata.h"
#include "wire/oip_request.h"
#include "wire/oip_response.h"

namespace perigee::http_server {
namespace {

constexpr std::string_view kJsonLength = "Inference-Header-Content-Length";
constexpr std::size_t kCompressMin = 1024;  // bytes; less is not worth a client's unpacking

std::string PathValue(const Exchange& exchange, std::string_view name) {
  const auto found = exchange.path.find(name);
  return found == exchange.path.end() ? "" : found->second;
}

Result<model::SharedModel> FindModel(const Exchange& exchange, const Node& node) {
  return node.models.Find(PathValue(exchange, "model"), PathValue(exchange, "version"));
}

// An infer request on its way: everything that must live until the model is done.
struct InferCall {
  Exchange exchange;
  model::SharedModel model;  // kept until the answer is out
  wire::InferRequest infer;
};

Result<std::optional<std::size_t>> JsonLength(const net::HttpRequest& request) {
  const std::string_view text = net::HeaderValue(request.headers, kJsonLength);
  if (text.empty()) return std::nullopt;
  std::size_t length = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  if (error != std::errc() || end != text.data() + text.size()) {
    return Fail(InvalidArgument("read header " + std::string(kJsonLength) + ": not a number"));
  }
  return length;
}

Result<void> Read(InferCall& call, const Node& node) {
  call.model = TRY(FindModel(call.exchange, node));
  const std::optional<std::size_t> json_length = TRY(JsonLength(*call.exchange.request));
  call.infer = TRY(
      wire::ParseInferRequest(call.exchange.request->body, json_length, call.model->description()));
  return {};
}

Result<net::HttpResponse> Answer(const InferCall& call, model::Tensors outputs) {
  const wire::InferResponse answer =
      TRY(wire::ToResponse(call.infer, call.model->description(), std::move(outputs)));
  wire::EncodedBody encoded = TRY(wire::WriteInferResponse(answer, call.infer));
  net::HttpResponse response = Json(std::move(encoded.body));
  if (encoded.json_length) {
    response.content_type = "application/octet-stream";
    response.headers.emplace_back(kJsonLength, std::to_string(*encoded.json_length));
  }
  const std::string_view encoding =
      wire::ChooseEncoding(net::HeaderValue(call.exchange.request->headers, "accept-encoding"));
  if (!encoding.empty() && response.body.size() >= kCompressMin) {
    response.body = wire::Compress(encoding, response.body);
    response.headers.emplace_back("Content-Encoding", std::string(encoding));
  }
  return response;
}

void Finish(InferCall& call, Result<model::Output> output) {
  if (!output) return call.exchange.respond(ErrorResponse(output.error()));
  Result<net::HttpResponse> response = Answer(call, std::move(output->tensors));
  call.exchange.respond(response ? *std::move(response) : ErrorResponse(response.error()));
}

void Infer(Exchange exchange, const Node& node) {
  auto call = std::make_unique<InferCall>(std::move(exchange));
  const Result<void> read = Read(*call, node);
  if (!read) return call->exchange.respond(ErrorResponse(read.error()));
  const task::Context context = ContextOf(*call->exchange.request, node);
  model::Model& model = *call->model;
  const model::Tensors& inputs = call->infer.inputs;  // lives in the call, which `done` owns
  model.Submit(inputs, context, [call = std::move(call)](Result<model::Output> output) {
    Finish(*call, std::move(output));
  });
}

Result<std::string> Metadata(const Exchange& exchange, const Node& node) {
  const model::SharedModel model = TRY(FindModel(exchange, node));
  const std::vector<std::string> versions = node.models.Versions(model->description().name);
  return wire::ModelMetadataJson(model->description(), versions);
}

Result<std::string> Ready(const Exchange& exchange, const Node& node) {
  const model::SharedModel model = TRY(FindModel(exchange, node));
  return wire::ModelReadyJson(model->description().name, true);
}

Result<std::string> ModelConfig(const Exchange& exchange, const Node& node) {
  const model::SharedModel model = TRY(FindModel(exchange, node));
  return wire::ModelConfigJson(model->description(), node.serving);
}

wire::ModelStatistics StatisticsOf(const model::Model& model) {
  return {model.description().name, model.description().version, model.statistics()};
}

Result<std::string> OneStatistics(const Exchange& exchange, const Node& node) {
  const model::SharedModel model = TRY(FindModel(exchange, node));
  const wire::ModelStatistics statistics = StatisticsOf(*model);
  return wire::StatisticsJson(std::span(&statistics, 1));
}

Result<std::string> AllStatistics(const Exchange&, const Node& node) {
  std::vector<wire::ModelStatistics> statistics;
  for (const model::SharedModel& model : node.models.All())
    statistics.push_back(StatisticsOf(*model));
  return wire::StatisticsJson(statistics);
}

// Everything in the set is loaded, hence ready, so "ready models only" is the whole index.
Result<std::string> RepositoryIndex(const Exchange& exchange, const Node& node) {
  TRY(wire::ParseIndexRequest(exchange.request->body));
  std::vector<wire::IndexEntry> entries;
  for (const model::SharedModel& model : node.models.All()) {
    entries.push_back({model->description().name, model->description().version, true, ""});
  }
  return wire::RepositoryIndexJson(entries);
}

Result<std::string> Load(const Exchange&, const Node&) {
  return Fail(Unimplemented("load or unload a model: this node loads its models at start"));
}

void NodeReady(Exchange exchange, const Node& node) {
  const bool ready = !node.draining;
  net::HttpResponse response = Json(wire::ReadyJson(ready));
  if (!ready) response.status = 503;
  exchange.respond(std::move(response));
}

// The model's own paths exist with and without a version.
void AddModelRoute(Router& router, std::string_view method, std::string_view tail,
                   const Router::Handler& handler) {
  router.Add(method, "/v2/models/{model}" + std::string(tail), handler);
  router.Add(method, "/v2/models/{model}/versions/{version}" + std::string(tail), handler);
}

}  // namespace

task::Context ContextOf(const net::HttpRequest& request, const Node& node) {
  return {.deadline = DeadlineAfter(request.received_at, node.request_timeout),
          .stop = request.stop,
          .purpose = ""};
}

void AddOipRoutes(Router& router, const Node& node) {
  using Compose = Result<std::string> (*)(const Exchange&, const Node&);
  const auto json = [&node](Compose compose) -> Router::Handler {
    return [&node, compose](Exchange exchange) {
      Result<std::string> body = compose(exchange, node);
      RespondJson(exchange, std::move(body));
    };
  };
  router.Add("GET", "/v2", json([](const Exchange&, const Node& of) -> Result<std::string> {
               return wire::ServerMetadataJson(of.version);
             }));
  router.Add("GET", "/v2/health/live",
             json([](const Exchange&, const Node&) -> Result<std::string> {
               return wire::LiveJson(true);
             }));
  router.Add("GET", "/v2/health/ready",
             [&node](Exchange exchange) { NodeReady(std::move(exchange), node); });
  router.Add("GET", "/v2/models/stats", json(AllStatistics));
  router.Add("POST", "/v2/repository/index", json(RepositoryIndex));
  router.Add("POST", "/v2/repository/models/{model}/load", json(Load));
  router.Add("POST", "/v2/repository/models/{model}/unload", json(Load));
  AddModelRoute(router, "GET", "", json(Metadata));
  AddModelRoute(router, "GET", "/ready", json(Ready));
  AddModelRoute(router, "GET", "/config", json(ModelConfig));
  AddModelRoute(router, "GET", "/stats", json(OneStatistics));
  AddModelRoute(router, "POST", "/infer",
                [&node](Exchange exchange) { Infer(std::move(exchange), node); });
}

}  // namespace perigee::http_server
