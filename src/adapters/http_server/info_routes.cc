// What runs here, for people: the page at / and the contract at /openapi.yaml.
#include <utility>

#include "adapters/http_server/respond.h"
#include "adapters/http_server/routes.h"

namespace perigee::http_server {
namespace {

constexpr std::string_view kHead =
    "<!doctype html><html lang=en><meta charset=utf-8>"
    "<meta name=viewport content='width=device-width'><title>Perigee</title><style>"
    "body{font:16px/1.5 system-ui,sans-serif;max-width:48rem;margin:2rem auto;padding:0 1rem}"
    "td,th{padding:.1rem 1.5rem .1rem 0;text-align:left}code{background:#eef1f5;padding:.1rem "
    ".3rem}"
    "</style>";

std::string Escape(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '<') {
      escaped += "&lt;";
    } else if (c == '&') {
      escaped += "&amp;";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

std::string Page(const Node& node) {
  std::string page(kHead);
  page += "<h1>" + Escape(node.name) + "</h1><p>Perigee " + Escape(node.version) + " is " +
          (node.draining ? "draining." : "ready.") + "</p><h2>Tasks</h2><table>";
  for (const task::Seat& seat : node.tasks.All()) {
    const task::Description& task = seat.task->description();
    page +=
        "<tr><td><code>POST /v1/tasks/" + Escape(task.name) + "</code><td>" + Escape(task.summary);
  }
  page += "</table><h2>Models</h2><table><tr><th>name<th>version<th>answered";
  for (const model::SharedModel& model : node.models.All()) {
    const model::Description& description = model->description();
    page += "<tr><td>" + Escape(description.name) + "<td>" + Escape(description.version) + "<td>" +
            std::to_string(model->statistics().success.count);
  }
  return page +
         "</table><p><a href=/openapi.yaml>API</a> · <a href=/metrics>metrics</a> · "
         "<a href=/v2>Open Inference Protocol</a></p></html>";
}

void RespondText(Exchange& exchange, std::string content_type, std::string body) {
  net::HttpResponse response;
  response.content_type = std::move(content_type);
  response.body = std::move(body);
  exchange.respond(std::move(response));
}

}  // namespace

void AddInfoRoutes(Router& router, const Node& node) {
  router.Add("GET", "/", [&node](Exchange exchange) {
    RespondText(exchange, "text/html; charset=utf-8", Page(node));
  });
  router.Add("GET", "/openapi.yaml", [&node](Exchange exchange) {
    RespondText(exchange, "application/yaml", node.openapi);
  });
}

}  // namespace perigee::http_server
