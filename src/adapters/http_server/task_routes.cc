// The task API (wire/task_api.h): an image in, faces with expressions out.
#include <memory>
#include <utility>

#include "adapters/http_server/call.h"
#include "adapters/http_server/respond.h"
#include "adapters/http_server/routes.h"
#include "task/options.h"
#include "wire/form.h"
#include "wire/task_api.h"

namespace perigee::http_server {
namespace {

Result<task::Seat> FindTask(const Exchange& exchange, const Node& node) {
  return node.tasks.Find(exchange.Path("task"));
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

struct TaskCall {
  Call call;
  task::Seat seat;  // kept until the answer is out
  task::Payload payload;
};

Result<void> Read(TaskCall& run, const Node& node) {
  Call& call = run.call;
  run.seat = TRY(node.tasks.Find(call.Path("task")));
  const task::Description& description = run.seat.task->description();
  TRY(call.ReadTerms("run " + description.name));
  run.payload = TRY(ReadPayload(call.request()));
  return task::CheckOptions(run.payload.options, description);
}

void Refuse(TaskCall& call, const Error& error) {
  wire::LoadReport load;
  if (call.seat.task != nullptr) load.next = call.seat.task->hint(call.call.budget());
  call.call.Respond(ErrorResponse(error), load);
}

// What was late before it began is not begun.
Result<task::Answer> RunInTime(TaskCall& call, const task::Context& context, const Node& node) {
  if (context.deadline <= node.clock.Now()) {
    return Fail(DeadlineExceeded("run " + call.seat.task->description().name +
                                 ": its time was up before a worker was free"));
  }
  return call.seat.task->Run(call.payload, context);
}

// In a worker: blocks until the task is done.
void Run(TaskCall& call, const Node& node) {
  const TimePoint started = node.clock.Now();
  Result<task::Answer> answer = RunInTime(call, call.call.context(), node);
  if (!answer) return Refuse(call, answer.error());
  const wire::LoadReport load{.queued = started - call.call.request().received_at,
                              .compute = node.clock.Now() - started,
                              .next = call.seat.task->hint(call.call.budget())};
  std::vector<runtime::StageSpan> stages = {{"queue", *load.queued}};
  for (const task::StageTime& stage : answer->stages) {
    stages.push_back({stage.stage, stage.duration});
  }
  call.call.SetStages(std::move(stages));
  const std::string& name = call.seat.task->description().name;
  call.call.Respond(Json(wire::WriteAnswer({name, node.name, *std::move(answer)})), load);
}

void Post(Exchange exchange, const Node& node) {
  auto call = std::make_unique<TaskCall>(Call(std::move(exchange), node));
  const Result<void> read = Read(*call, node);
  if (!read) return Refuse(*call, read.error());
  const TimePoint deadline = call->call.context().deadline;
  if (deadline <= node.clock.Now()) {
    return Refuse(*call, DeadlineExceeded("run " + call->seat.task->description().name +
                                          ": no time is left"));
  }
  const task::Seat::Post post = call->seat.post;
  post(deadline, [call = std::move(call), &node](Result<void> admitted) {
    if (!admitted) return Refuse(*call, admitted.error());
    Run(*call, node);
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
