// The Open Inference Protocol over REST (wire/oip_*.h): health, metadata, infer, and the extensions
// that stock clients call unasked.
#include <charconv>
#include <memory>
#include <optional>
#include <utility>

#include "adapters/http_server/call.h"
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

Result<model::SharedModel> FindModel(const Exchange& exchange, const Node& node) {
  return node.models.Find(exchange.Path("model"), exchange.Path("version"));
}

// An infer request on its way: everything that must live until the model is done.
struct InferCall {
  Call call;
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

Result<void> Read(InferCall& infer, const Node& node) {
  Call& call = infer.call;
  infer.model = TRY(node.models.Find(call.Path("model"), call.Path("version")));
  TRY(call.ReadTerms("infer " + infer.model->description().name));
  const std::optional<std::size_t> json_length = TRY(JsonLength(call.request()));
  infer.infer =
      TRY(wire::ParseInferRequest(call.request().body, json_length, infer.model->description()));
  return call.AddParameters(infer.infer.parameters);
}

Result<net::HttpResponse> Answer(const InferCall& call, model::Output output) {
  wire::InferResponse answer =
      TRY(wire::ToResponse(call.infer, call.model->description(), std::move(output.tensors)));
  if (!output.version.empty()) answer.model_version = std::move(output.version);
  wire::EncodedBody encoded = TRY(wire::WriteInferResponse(answer, call.infer));
  net::HttpResponse response = Json(std::move(encoded.body));
  if (encoded.json_length) {
    response.content_type = "application/octet-stream";
    response.headers.emplace_back(kJsonLength, std::to_string(*encoded.json_length));
  }
  const std::string_view encoding =
      wire::ChooseEncoding(net::HeaderValue(call.call.request().headers, "accept-encoding"));
  if (!encoding.empty() && response.body.size() >= kCompressMin) {
    response.body = wire::Compress(encoding, response.body);
    response.headers.emplace_back("Content-Encoding", std::string(encoding));
  }
  return response;
}

void Finish(InferCall& call, Result<model::Output> output) {
  const wire::LoadReport load = LoadOf(call.model, call.call.budget(), output);
  if (!output) return call.call.Respond(ErrorResponse(output.error()), load);
  call.call.SetStages({{"queue", output->queued}, {"compute", output->compute}});
  call.call.Respond(Answer(call, *std::move(output)), load);
}

void Infer(Exchange exchange, const Node& node) {
  auto call = std::make_unique<InferCall>(Call(std::move(exchange), node));
  const Result<void> read = Read(*call, node);
  if (!read) return Finish(*call, Fail(read.error()));
  const task::Context context = call->call.context();
  const model::SharedModel model = call->model;  // until Submit returns; the call may end before
  const model::Tensors& inputs = call->infer.inputs;  // lives in the call, which `done` owns
  model->Submit(inputs, context, [call = std::move(call)](Result<model::Output> output) {
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
  return wire::ModelConfigJson(model->description(), wire::AsRun(node.serving, model->profile()));
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
  AddModelRoute(router, "GET", "", json(Metadata));
  AddModelRoute(router, "GET", "/ready", json(Ready));
  AddModelRoute(router, "GET", "/config", json(ModelConfig));
  AddModelRoute(router, "GET", "/stats", json(OneStatistics));
  AddModelRoute(router, "POST", "/infer",
                [&node](Exchange exchange) { Infer(std::move(exchange), node); });
}

}  // namespace perigee::http_server
