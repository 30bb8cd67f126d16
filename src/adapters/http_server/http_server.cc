#include "adapters/http_server/http_server.h"

#include <array>
#include <utility>
#include <vector>

#include "adapters/http_server/respond.h"
#include "adapters/http_server/routes.h"
#include "wire/error.h"
#include "wire/metrics.h"

namespace perigee::http_server {
namespace {

// A method that we do not know must not become a label of its own for each client's fancy.
std::string_view MethodLabel(std::string_view method) {
  constexpr std::array<std::string_view, 4> kKnown = {"GET", "HEAD", "POST", "PUT"};
  for (const std::string_view known : kKnown) {
    if (method == known) return known;
  }
  return "other";
}

net::HttpResponse NoSuchPath(const Router::Match& match, const net::HttpRequest& request) {
  if (match.allow.empty()) {
    return ErrorResponse(NotFound("find " + request.path + ": no such path, see /openapi.yaml"));
  }
  net::HttpResponse response;
  response.status = 405;
  response.headers = {{"Allow", match.allow}};
  response.body = wire::ErrorJson(request.method + " " + request.path + ": only " + match.allow +
                                  " is possible");
  return response;
}

}  // namespace

HttpServer::HttpServer(Node node) : node_(std::move(node)) {
  AddTaskRoutes(router_, node_);
  AddStreamRoutes(router_, node_);
  AddOipRoutes(router_, node_);
  AddRepositoryRoutes(router_, node_);
  AddManagementRoutes(router_, node_);
  AddTfsRoutes(router_, node_);
  AddHintRoutes(router_, node_);
  AddInfoRoutes(router_, node_);
  router_.Add("GET", "/metrics", [this](Exchange exchange) {
    net::HttpResponse response;
    response.content_type = wire::kMetricsContentType;
    response.body = Metrics();
    exchange.respond(std::move(response));
  });
}

void HttpServer::Handle(std::unique_ptr<net::HttpRequest> request, net::HttpRespond respond) {
  respond = Counted(request->method, std::move(respond));
  Router::Match match = router_.Find(request->method, request->path);
  if (match.handler == nullptr) return respond(NoSuchPath(match, *request));
  const Result<void> unpacked = Unpack(*request, node_.body_max);
  if (!unpacked) return respond(ErrorResponse(unpacked.error()));
  (*match.handler)(Exchange{std::move(request), std::move(match.path), std::move(respond)});
}

net::HttpResponse HttpServer::Refusal(int status, std::string_view why) {
  net::HttpResponse response;
  response.status = status;
  response.body = wire::ErrorJson(why);
  counts_.With([&](Counts& counts) { ++counts[{"other", status}]; });
  return response;
}

net::HttpRespond HttpServer::Counted(std::string_view method, net::HttpRespond respond) {
  return [this, label = MethodLabel(method),
          respond = std::move(respond)](net::HttpResponse response) mutable {
    counts_.With([&](Counts& counts) { ++counts[{std::string(label), response.status}]; });
    respond(std::move(response));
  };
}

std::string HttpServer::Metrics() const {
  std::vector<wire::ModelMetrics> models;
  for (const model::SharedModel& model : node_.models.All()) {
    const model::Description& description = model->description();
    models.push_back({description.name, description.version, model->statistics()});
  }
  wire::Family requests{.name = "perigee_http_requests_total",
                        .help = "HTTP requests answered, by method and status.",
                        .type = "counter",
                        .samples = {}};
  for (const auto& [key, count] : counts_.With([](const Counts& counts) { return counts; })) {
    requests.samples.push_back({{{"method", key.first}, {"status", std::to_string(key.second)}},
                                static_cast<double>(count)});
  }
  std::vector<wire::Family> families = StreamFamilies(node_);
  families.push_back(std::move(requests));
  return wire::MetricsText(models, node_.process(), families, node_.triton_metrics);
}

}  // namespace perigee::http_server
