// TensorFlow Serving's REST API v1 (wire/tfs.h), which the first release's phone speaks.
#include <memory>
#include <utility>

#include "adapters/http_server/call.h"
#include "adapters/http_server/respond.h"
#include "adapters/http_server/routes.h"
#include "wire/tfs.h"

namespace perigee::http_server {
namespace {

Result<model::SharedModel> FindModel(const Exchange& exchange, const Node& node) {
  return node.models.Find(exchange.Path("model"), exchange.Path("version"));
}

struct PredictCall {
  Call call;
  model::SharedModel model;  // kept until the answer is out
  wire::PredictRequest predict;
};

Result<void> Read(PredictCall& predict, const Node& node) {
  Call& call = predict.call;
  predict.model = TRY(node.models.Find(call.Path("model"), call.Path("version")));
  TRY(call.ReadTerms("predict " + predict.model->description().name));
  predict.predict = TRY(wire::ParsePredict(call.request().body, predict.model->description()));
  return {};
}

Result<net::HttpResponse> Answer(const PredictCall& call, const model::Output& output) {
  std::string body = TRY(wire::WritePredict(call.predict, output.tensors));
  return Json(std::move(body));
}

void Finish(PredictCall& call, Result<model::Output> output) {
  const wire::LoadReport load = LoadOf(call.model, call.call.budget(), output);
  if (!output) return call.call.Respond(ErrorResponse(output.error()), load);
  call.call.SetStages({{"queue", output->queued}, {"compute", output->compute}});
  call.call.Respond(Answer(call, *output), load);
}

void Predict(Exchange exchange, const Node& node) {
  auto call = std::make_unique<PredictCall>(Call(std::move(exchange), node));
  const Result<void> read = Read(*call, node);
  if (!read) return Finish(*call, Fail(read.error()));
  const task::Context context = call->call.context();
  const model::Tensors& inputs = call->predict.inputs;  // lives in the call, which `done` owns
  const model::SharedModel model = call->model;  // until Submit returns; the call may end before
  model->Submit(inputs, context, [call = std::move(call)](Result<model::Output> output) {
    Finish(*call, std::move(output));
  });
}

Result<std::string> Status(const Exchange& exchange, const Node& node) {
  const model::SharedModel model = TRY(FindModel(exchange, node));
  std::vector<wire::VersionStatus> versions;
  if (exchange.path.contains("version")) {
    versions.push_back({std::string(exchange.Path("version")), true});
  } else {
    for (std::string& version : node.models.Versions(model->description().name)) {
      versions.push_back({std::move(version), true});
    }
  }
  return wire::ModelStatusJson(versions);
}

Result<std::string> Metadata(const Exchange& exchange, const Node& node) {
  const model::SharedModel model = TRY(FindModel(exchange, node));
  return wire::TfsMetadataJson(model->description());
}

}  // namespace

void AddTfsRoutes(Router& router, const Node& node) {
  for (const std::string model : {"/v1/models/{model}", "/v1/models/{model}/versions/{version}"}) {
    router.Add("POST", model + ":predict",
               [&node](Exchange exchange) { Predict(std::move(exchange), node); });
    router.Add("GET", model, [&node](Exchange exchange) {
      Result<std::string> body = Status(exchange, node);
      RespondJson(exchange, std::move(body));
    });
    router.Add("GET", model + "/metadata", [&node](Exchange exchange) {
      Result<std::string> body = Metadata(exchange, node);
      RespondJson(exchange, std::move(body));
    });
  }
}

}  // namespace perigee::http_server
