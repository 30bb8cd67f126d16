// The task API (wire/task_api.h): an image in, faces with expressions out.
#include <memory>
#include <utility>

#include "adapters/http_server/respond.h"
#include "adapters/http_server/routes.h"
#include "task/options.h"
#include "wire/form.h"
#include "wire/task_api.h"

namespace perigee::http_server {
namespace {

Result<task::Seat> FindTask(const Exchange& exchange, const Node& node) {
  return node.tasks.Find(exchange.path.find("task")->second);
}

// What the body holds; the query's options win over a form's.
Result<task::Payload> ReadPayload(const net::HttpRequest& request) {
  const std::string_view content_type = net::HeaderValue(request.headers, "content-type");
  task::Payload payload{request.body, wire::MediaType(content_type), {}};
  if (payload.media_type == "multipart/form-data") {
    payload = TRY(wire::ParseMultipart(request.body, content_type));
  }
  task::Options options = TRY(wire::ParseQuery(request.query));
  options.merge(payload.options);
  payload.options = std::move(options);
  if (payload.bytes.empty()) return Fail(InvalidArgument("read image: the body is empty"));
  return payload;
}

// In a worker: blocks until the task is done.
void RunTask(Exchange& exchange, const task::Payload& payload, task::Task& task, const Node& node) {
  Result<task::Answer> answer = task.Run(payload, ContextOf(*exchange.request, node));
  if (!answer) return exchange.respond(ErrorResponse(answer.error()));
  exchange.respond(
      Json(wire::WriteAnswer({task.description().name, node.name, *std::move(answer)})));
}

struct TaskCall {
  Exchange exchange;
  task::Seat seat;  // kept until the answer is out
  task::Payload payload;
};

Result<void> Read(TaskCall& call, const Node& node) {
  call.seat = TRY(FindTask(call.exchange, node));
  call.payload = TRY(ReadPayload(*call.exchange.request));
  return task::CheckOptions(call.payload.options, call.seat.task->description());
}

void Post(Exchange exchange, const Node& node) {
  auto call = std::make_unique<TaskCall>(std::move(exchange), task::Seat{}, task::Payload{});
  const Result<void> read = Read(*call, node);
  if (!read) return call->exchange.respond(ErrorResponse(read.error()));
  const TimePoint deadline = ContextOf(*call->exchange.request, node).deadline;
  const task::Seat::Post post = call->seat.post;
  post(deadline, [call = std::move(call), &node](Result<void> admitted) {
    if (!admitted) return call->exchange.respond(ErrorResponse(admitted.error()));
    RunTask(call->exchange, call->payload, *call->seat.task, node);
  });
}

}  // namespace

void AddTaskRoutes(Router& router, const Node& node) {
  router.Add("GET", "/v1/tasks", [&node](Exchange exchange) {
    std::vector<task::Description> tasks;
    for (const task::Seat& seat : node.tasks.All()) tasks.push_back(seat.task->description());
    exchange.respond(Json(wire::TaskListJson(tasks)));
  });
  router.Add("GET", "/v1/tasks/{task}", [&node](Exchange exchange) {
    const Result<task::Seat> seat = FindTask(exchange, node);
    if (!seat) return exchange.respond(ErrorResponse(seat.error()));
    exchange.respond(Json(wire::TaskJson(seat->task->description())));
  });
  router.Add("POST", "/v1/tasks/{task}",
             [&node](Exchange exchange) { Post(std::move(exchange), node); });
}

}  // namespace perigee::http_server
