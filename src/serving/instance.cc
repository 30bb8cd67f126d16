#include "serving/instance.h"

#include <exception>
#include <utility>

namespace perigee::serving {
namespace {

// A backend that throws breaks its contract, but not the node.
Result<model::Tensors> RunCaught(Session& session, const model::Tensors& inputs,
                                 const std::stop_token& stop) {
  try {
    return session.Run(inputs, stop);
  } catch (const std::exception& error) {
    return Fail(Internal(std::string("run session: ") + error.what()));
  } catch (...) {
    return Fail(Internal("run session: it threw what is no exception"));
  }
}

}  // namespace

Instance::Instance(std::unique_ptr<Session> session, const model::Description& description,
                   Backlog& backlog, const Clock& clock)
    : session_(std::move(session)),
      description_(description),
      backlog_(backlog),
      clock_(clock),
      thread_([this] { Serve(); }) {}

void Instance::Serve() {
  Batch batch;
  while (backlog_.Take(batch)) {
    RunBatch(batch);
    backlog_.Finish(batch);
  }
}

void Instance::RunBatch(Batch& batch) {
  if (batch.requests.size() > 1 && RunTogether(batch)) return;
  for (const auto& request : batch.requests) RunAlone(batch, *request);
}

bool Instance::RunTogether(Batch& batch) {
  const TimePoint start = clock_.Now();
  const Result<model::Tensors> inputs = buffer_.Gather(batch, description_.inputs);
  batch.gather = clock_.Now() - start;
  if (!inputs.has_value()) return false;
  const Result<model::Tensors> outputs = RunSession(*inputs, batch.rows, batch);
  if (!outputs.has_value() && outputs.error().code != Code::kCancelled) return false;
  const TimePoint scatter = clock_.Now();
  const Result<void> scattered = outputs.has_value() ? Scatter(*outputs, batch) : Result<void>();
  for (const auto& request : batch.requests) {
    if (!outputs.has_value()) {
      request->answer = Fail(outputs.error());
      continue;
    }
    request->answer->queued = batch.started - request->submitted;
    request->answer->compute = batch.compute;
  }
  batch.scatter = clock_.Now() - scatter;
  return scattered.has_value();
}

// The caller's tensors go to the session as they are, and the session's to the caller.
void Instance::RunAlone(Batch& batch, Request& request) {
  Result<model::Tensors> outputs = RunSession(*request.inputs, request.rows, batch);
  if (!outputs.has_value()) {
    request.answer = Fail(std::move(outputs).error().Within("infer " + description_.name));
    return;
  }
  request.answer =
      model::Output{*std::move(outputs), batch.started - request.submitted, batch.compute};
}

Result<model::Tensors> Instance::RunSession(const model::Tensors& inputs, int rows, Batch& batch) {
  const TimePoint start = clock_.Now();
  Result<model::Tensors> outputs = RunCaught(*session_, inputs, batch.stop.get_token());
  batch.compute = clock_.Now() - start;
  ++batch.runs;
  if (!outputs.has_value()) return outputs;
  TRY(CheckOutputs(*outputs, description_.outputs, description_.batch_max > 0 ? rows : 0));
  return outputs;
}

}  // namespace perigee::serving
