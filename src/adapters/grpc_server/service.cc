#include "adapters/grpc_server/service.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "adapters/grpc_server/describe.h"
#include "adapters/grpc_server/infer_call.h"
#include "adapters/grpc_server/infer_stream.h"
#include "adapters/grpc_server/message_bytes.h"
#include "adapters/grpc_server/status.h"
#include "model/model.h"
#include "model/repository.h"
#include "wire/budget.h"
#include "wire/management.h"

namespace perigee::grpc_server {
namespace {

using Bytes = grpc::ByteBuffer;
using Context = grpc::CallbackServerContext;
using Reactor = grpc::ServerUnaryReactor;

// The library hands the buffer out as const, but it is this call's own; reading it empties it, so
// that a queued request is not in memory twice.
Bytes& Owned(const Bytes* in) { return const_cast<Bytes&>(*in); }

template <typename Request, typename Response, typename Handler>
Result<void> Handle(const Bytes* in, Bytes* out, const Handler& handler) {
  Request request;
  Response response;
  TRY(CheckPlainBytes(*in));
  TRY(ReadMessage(Owned(in), request));
  TRY(handler(request, response));
  return WriteMessage(response, *out);
}

// A call without tensors: answered at once. `handler` is
// Result<void>(const Request&, Response&).
template <typename Request, typename Response, typename Handler>
Reactor* Answer(Context* context, const Bytes* in, Bytes* out, const Handler& handler) {
  Reactor* const reactor = context->DefaultReactor();
  reactor->Finish(ToStatus(Handle<Request, Response>(in, out, handler)));
  return reactor;
}

// gRPC's deadline is a point of the calendar clock, ours of the steady one.
TimePoint DeadlineOf(const Context& context, const Clock& clock) {
  using Calendar = std::chrono::system_clock;
  const Calendar::time_point deadline = context.deadline();
  if (deadline == Calendar::time_point::max()) return kNever;
  return wire::WorkUntil(clock.Now(), deadline - Calendar::now());
}

void CountModel(const model::Model& model, inference::ModelStatisticsResponse& response) {
  Count(model.description(), model.statistics(), *response.add_model_stats());
}

Result<void> CountModels(const Node& node, const inference::ModelStatisticsRequest& request,
                         inference::ModelStatisticsResponse& response) {
  if (request.name().empty()) {
    for (const model::SharedModel& model : node.models.All()) CountModel(*model, response);
    return {};
  }
  const model::SharedModel newest = TRY(node.models.Find(request.name(), request.version()));
  if (!request.version().empty()) {
    CountModel(*newest, response);
    return {};
  }
  for (const model::SharedModel& model : node.models.All()) {
    if (model->description().name == request.name()) CountModel(*model, response);
  }
  return {};
}

// Loading and unloading take time, so another thread answers. `change` is
// Result<void>(model::Repository&, const std::string& name, const task::Context&).
template <typename Request, typename Response, typename Change>
Reactor* ChangeModel(std::string attempt, const Node& node, Context* context, const Bytes* in,
                     Bytes* out, Change change) {
  Reactor* const reactor = context->DefaultReactor();
  Request request;
  const auto read = [&]() -> Result<void> {
    TRY(CheckPlainBytes(*in));
    TRY(ReadMessage(Owned(in), request));
    attempt += request.model_name();
    for (const auto& [name, value] : request.parameters()) {
      TRY(wire::CheckLoadParameter(name, attempt));
    }
    return {};
  };
  const Result<void> fits = read();
  if (!fits) {
    reactor->Finish(ToStatus(fits));
    return reactor;
  }
  task::Context terms;
  terms.deadline = std::min(DeadlineOf(*context, node.clock),
                            DeadlineAfter(node.clock.Now(), node.request_timeout));
  model::PostChange(
      node.repository, attempt, terms,
      [change, name = request.model_name()](model::Repository& repository,
                                            const task::Context& within) {
        return change(repository, name, within);
      },
      [reactor, out](Result<void> done) {
        if (done) done = WriteMessage(Response(), *out);
        reactor->Finish(ToStatus(done));
      });
  return reactor;
}

}  // namespace

Reactor* InferenceService::ServerLive(Context* context, const Bytes* in, Bytes* out) {
  using inference::ServerLiveRequest, inference::ServerLiveResponse;
  return Answer<ServerLiveRequest, ServerLiveResponse>(
      context, in, out, [](const auto&, auto& response) -> Result<void> {
        response.set_live(true);
        return {};
      });
}

Reactor* InferenceService::ServerReady(Context* context, const Bytes* in, Bytes* out) {
  using inference::ServerReadyRequest, inference::ServerReadyResponse;
  return Answer<ServerReadyRequest, ServerReadyResponse>(
      context, in, out, [this](const auto&, auto& response) -> Result<void> {
        response.set_ready(!node_.draining);
        return {};
      });
}

Reactor* InferenceService::ModelReady(Context* context, const Bytes* in, Bytes* out) {
  using inference::ModelReadyRequest, inference::ModelReadyResponse;
  return Answer<ModelReadyRequest, ModelReadyResponse>(
      context, in, out, [this](const auto& request, auto& response) -> Result<void> {
        const bool known = node_.models.Find(request.name(), request.version()).has_value();
        response.set_ready(known && !node_.draining);
        return {};
      });
}

Reactor* InferenceService::ServerMetadata(Context* context, const Bytes* in, Bytes* out) {
  using inference::ServerMetadataRequest, inference::ServerMetadataResponse;
  return Answer<ServerMetadataRequest, ServerMetadataResponse>(
      context, in, out, [this](const auto&, auto& response) -> Result<void> {
        response.set_name(node_.name);
        response.set_version(node_.version);
        for (const std::string_view extension : wire::OipExtensions()) {
          response.add_extensions(extension.data(), extension.size());
        }
        return {};
      });
}

Reactor* InferenceService::ModelMetadata(Context* context, const Bytes* in, Bytes* out) {
  using inference::ModelMetadataRequest, inference::ModelMetadataResponse;
  return Answer<ModelMetadataRequest, ModelMetadataResponse>(
      context, in, out, [this](const auto& request, auto& response) -> Result<void> {
        const model::SharedModel model = TRY(node_.models.Find(request.name(), request.version()));
        Describe(model->description(), node_.models.Versions(request.name()), response);
        return {};
      });
}

Reactor* InferenceService::ModelInfer(Context* context, const Bytes* in, Bytes* out) {
  InferCall* const call = std::make_unique<InferCall>(node_, *context, messages_, *out).release();
  // The library takes the call over only when this returns, so it outlives Start.
  call->Start(DeadlineOf(*context, node_.clock), Owned(in));
  return call;
}

grpc::ServerBidiReactor<Bytes, Bytes>* InferenceService::ModelStreamInfer(Context* context) {
  InferStream* const call =
      std::make_unique<InferStream>(node_, *context, DeadlineOf(*context, node_.clock)).release();
  call->Begin();
  return call;
}

Reactor* InferenceService::ModelConfig(Context* context, const Bytes* in, Bytes* out) {
  using inference::ModelConfigRequest, inference::ModelConfigResponse;
  return Answer<ModelConfigRequest, ModelConfigResponse>(
      context, in, out, [this](const auto& request, auto& response) -> Result<void> {
        const model::SharedModel model = TRY(node_.models.Find(request.name(), request.version()));
        Configure(model->description(), wire::AsRun(node_.serving, model->profile()),
                  *response.mutable_config());
        return {};
      });
}

Reactor* InferenceService::ModelStatistics(Context* context, const Bytes* in, Bytes* out) {
  using inference::ModelStatisticsRequest, inference::ModelStatisticsResponse;
  return Answer<ModelStatisticsRequest, ModelStatisticsResponse>(
      context, in, out, [this](const auto& request, auto& response) {
        return CountModels(node_, request, response);
      });
}

Reactor* InferenceService::RepositoryIndex(Context* context, const Bytes* in, Bytes* out) {
  using inference::RepositoryIndexRequest, inference::RepositoryIndexResponse;
  return Answer<RepositoryIndexRequest, RepositoryIndexResponse>(
      context, in, out, [this](const auto& request, auto& response) -> Result<void> {
        const model::Repository* repository = node_.repository.repository;
        for (const model::IndexLine& line : model::FullIndex(node_.models, repository)) {
          if (request.ready() && line.version.state != model::ModelState::kReady) continue;
          auto& entry = *response.add_models();
          entry.set_name(line.name);
          entry.set_version(line.version.version);
          entry.set_state(std::string(model::StateName(line.version.state)));
          entry.set_reason(line.version.reason);
        }
        return {};
      });
}

Reactor* InferenceService::RepositoryModelLoad(Context* context, const Bytes* in, Bytes* out) {
  using inference::RepositoryModelLoadRequest, inference::RepositoryModelLoadResponse;
  return ChangeModel<RepositoryModelLoadRequest, RepositoryModelLoadResponse>(
      "load model ", node_, context, in, out,
      [](model::Repository& repository, const std::string& name, const task::Context& terms) {
        return repository.Load(name, terms);
      });
}

Reactor* InferenceService::RepositoryModelUnload(Context* context, const Bytes* in, Bytes* out) {
  using inference::RepositoryModelUnloadRequest, inference::RepositoryModelUnloadResponse;
  return ChangeModel<RepositoryModelUnloadRequest, RepositoryModelUnloadResponse>(
      "unload model ", node_, context, in, out,
      [](model::Repository& repository, const std::string& name, const task::Context& terms) {
        return repository.Unload(name, terms);
      });
}

Reactor* HealthService::Check(Context* context, const Bytes* in, Bytes* out) {
  using grpc::health::v1::HealthCheckRequest, grpc::health::v1::HealthCheckResponse;
  return Answer<HealthCheckRequest, HealthCheckResponse>(
      context, in, out, [this](const auto& request, auto& response) -> Result<void> {
        const std::string& service = request.service();
        if (!service.empty() && service != inference::GRPCInferenceService::service_full_name()) {
          return Fail(NotFound("check health of " + service + ": no such service"));
        }
        response.set_status(draining_ ? HealthCheckResponse::NOT_SERVING
                                      : HealthCheckResponse::SERVING);
        return {};
      });
}

}  // namespace perigee::grpc_server
