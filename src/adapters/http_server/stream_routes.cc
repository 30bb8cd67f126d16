// GET /v1/tasks/{task}/stream: the upgrade to a stream of frames (api/stream.md).
#include <array>
#include <utility>
#include <vector>

#include "adapters/http_server/respond.h"
#include "adapters/http_server/routes.h"
#include "adapters/http_server/task_stream.h"
#include "adapters/net/websocket.h"
#include "wire/budget.h"
#include "wire/form.h"

namespace perigee::http_server {
namespace {

// A browser cannot set a header on a WebSocket, so a budget may also stand in the query.
constexpr std::string_view kBudgetOption = "budget_ms";

// What the upgrade says for all frames of the stream.
Result<TaskStream::Terms> ReadStreamTerms(const net::HttpRequest& request, const Node& node) {
  TaskStream::Terms terms;
  terms.options = TRY(wire::ParseQuery(request.query));
  wire::TermHeaders headers;
  for (const auto& [name, value] : request.headers) headers.Take(name, value);
  wire::Terms said = TRY(wire::ReadTerms(headers));
  const auto budget = terms.options.extract(std::string(kBudgetOption));
  if (!budget.empty()) said.budget = TRY(wire::ParseBudget(budget.mapped()));
  terms.budget = said.budget.value_or(node.request_timeout);
  terms.context = wire::ToContext(std::move(said), request.received_at, node.request_timeout);
  return terms;
}

Result<net::HttpResponse> Open(const Exchange& exchange, const Node& node) {
  task::Seat seat = TRY(node.tasks.Find(exchange.Path("task")));
  TaskStream::Terms terms = TRY(ReadStreamTerms(*exchange.request, node));
  std::unique_ptr<TaskStream> stream =
      TRY(TaskStream::Open(std::move(seat), std::move(terms), node));
  return net::AcceptWebSocket(*exchange.request, std::move(stream));
}

constexpr std::array<task::FrameAnswer::Outcome, task::StreamCounts::kOutcomes> kOutcomes = {
    task::FrameAnswer::Outcome::kAnswered, task::FrameAnswer::Outcome::kTracked,
    task::FrameAnswer::Outcome::kUnchanged, task::FrameAnswer::Outcome::kSkipped,
    task::FrameAnswer::Outcome::kFailed};

}  // namespace

std::vector<wire::Family> StreamFamilies(const Node& node) {
  if (node.streams == nullptr) return {};
  wire::Family frames{.name = "perigee_stream_frames_total",
                      .help = "Frames of streams answered, by task and outcome.",
                      .type = "counter",
                      .samples = {}};
  wire::Family open{.name = "perigee_streams_open",
                    .help = "Streams open now, by task.",
                    .type = "gauge",
                    .samples = {}};
  for (const auto& [task, row] : node.streams->All()) {
    open.samples.push_back({{{"task", task}}, static_cast<double>(row.open)});
    for (const task::FrameAnswer::Outcome outcome : kOutcomes) {
      frames.samples.push_back(
          {{{"task", task}, {"outcome", std::string(task::OutcomeName(outcome))}},
           static_cast<double>(row.frames.at(static_cast<std::size_t>(outcome)))});
    }
  }
  return {std::move(frames), std::move(open)};
}

void AddStreamRoutes(Router& router, const Node& node) {
  router.Add("GET", "/v1/tasks/{task}/stream", [&node](Exchange exchange) {
    Result<net::HttpResponse> response = Open(exchange, node);
    exchange.respond(response ? *std::move(response) : ErrorResponse(response.error()));
  });
}

}  // namespace perigee::http_server
