#include "serving/instance.h"

#include <chrono>
#include <exception>
#include <utility>

namespace perigee::serving {
namespace {

// Inputs up to this size are copied where a run may be given up: some microseconds for a run of
// milliseconds. The callers of larger ones wait for a run that hangs.
constexpr std::size_t kCopyMax = std::size_t{256} << 10;
// A model that breaks every session would otherwise do nothing but open them.
constexpr Duration kReplacePause = std::chrono::seconds(1);

// A backend that throws breaks its contract, but not the node.
Result<model::Tensors> RunCaught(Session& session, const model::Tensors& inputs,
                                 const std::stop_token& stop, bool& threw) {
  threw = true;
  try {
    Result<model::Tensors> outputs = session.Run(inputs, stop);
    threw = false;
    return outputs;
  } catch (const std::exception& error) {
    return Fail(Internal(std::string("run session: ") + error.what()));
  } catch (...) {
    return Fail(Internal("run session: it threw what is no exception"));
  }
}

std::size_t BytesOf(const model::Tensors& tensors) {
  std::size_t bytes = 0;
  for (const auto& [name, tensor] : tensors) bytes += tensor.bytes().size();
  return bytes;
}

model::Tensors Zeros(const model::Description& description, int rows) {
  model::Tensors zeros;
  for (const model::TensorSpec& spec : description.inputs) {
    tensor::Shape shape = spec.shape;
    if (description.batch_max > 0) shape[0] = rows;
    zeros.push_back({spec.name, tensor::Tensor::Zeros(spec.dtype, std::move(shape))});
  }
  return zeros;
}

}  // namespace

Instance::Instance(std::unique_ptr<Session> session, const InstanceCommons& commons)
    : commons_(commons),
      description_(commons.description),
      session_(std::move(session)),
      thread_([this] { Serve(); }) {}

void Instance::Serve() {
  if (OpenSession()) {
    Batch& batch = commons_.backlog.Enter(*this);
    while (Work(batch)) {
      if (broken_) ReplaceSession();
    }
    commons_.backlog.Leave(batch);
  }
  session_.reset();
  ended_ = true;
}

bool Instance::OpenSession() {
  while (session_ == nullptr) {
    auto session = commons_.open();
    if (session.has_value()) {
      session_ = *std::move(session);
    } else if (!commons_.backlog.Rest(kReplacePause)) {
      return false;
    }
  }
  return true;
}

bool Instance::Work(Batch& batch) {
  switch (commons_.backlog.Take(batch)) {
    case Backlog::Work::kBatch:
      RunBatch(batch);
      return commons_.backlog.Finish(batch);
    case Backlog::Work::kMeasure:
      Measure(batch);
      return true;
    case Backlog::Work::kLook:
      return true;
    case Backlog::Work::kEnd:
      break;
  }
  return false;
}

// If there is no other to be had, the old one goes on: it may have been the input's fault.
void Instance::ReplaceSession() {
  broken_ = false;
  const TimePoint now = commons_.clock.Now();
  if (replaced_at_ != TimePoint::min() && now - replaced_at_ < kReplacePause) return;
  replaced_at_ = now;
  auto session = commons_.open();
  if (!session.has_value()) return;
  session_ = *std::move(session);
  commons_.backlog.CountReplacedSession();
}

bool Instance::Run(Batch& batch) {
  RunBatch(batch);
  return broken_;
}

void Instance::RunBatch(Batch& batch) {
  if (batch.requests.size() > 1 && RunTogether(batch)) return;
  // By index: the backlog may take the requests of a run that does not end.
  const std::size_t count = batch.requests.size();
  for (std::size_t i = 0; i < count && batch.hold != Batch::Hold::kTaken; ++i) {
    RunAlone(batch, *batch.requests[i]);
  }
}

bool Instance::RunTogether(Batch& batch) {
  const TimePoint start = commons_.clock.Now();
  const Result<model::Tensors> inputs = buffer_.Gather(batch, description_.inputs);
  batch.gather = commons_.clock.Now() - start;
  if (!inputs.has_value()) return false;
  Result<model::Tensors> outputs = RunSession(*inputs, batch.rows, batch, Batch::Hold::kLent);
  if (batch.hold == Batch::Hold::kTaken) return true;
  if (!outputs.has_value() && outputs.error().code != Code::kCancelled && !broken_) return false;
  const TimePoint scatter = commons_.clock.Now();
  const Result<void> scattered = outputs.has_value() ? Scatter(*outputs, batch) : Result<void>();
  if (!scattered.has_value()) return false;
  const std::string attempt = "infer " + description_.name;
  for (const auto& request : batch.requests) {
    if (!outputs.has_value()) {
      request->answer = Fail(Error(outputs.error()).Within(attempt));
      continue;
    }
    request->answer->queued = batch.started - request->submitted;
    request->answer->compute = took_;
  }
  batch.scatter = commons_.clock.Now() - scatter;
  return true;
}

// The caller's tensors go to the session as they are, unless the run may be given up; the
// session's go to the caller.
void Instance::RunAlone(Batch& batch, Request& request) {
  const bool copies = commons_.runs_may_hang && BytesOf(*request.inputs) <= kCopyMax;
  const model::Tensors copied = copies ? buffer_.Copy(*request.inputs) : model::Tensors();
  Result<model::Tensors> outputs =
      RunSession(copies ? copied : *request.inputs, request.rows, batch,
                 copies ? Batch::Hold::kLent : Batch::Hold::kInstance);
  if (batch.hold == Batch::Hold::kTaken) return;
  request.ran = true;
  if (!outputs.has_value()) {
    request.answer = Fail(std::move(outputs).error().Within("infer " + description_.name));
    return;
  }
  request.answer = model::Output{*std::move(outputs), batch.started - request.submitted, took_};
}

Result<model::Tensors> Instance::RunSession(const model::Tensors& inputs, int rows, Batch& batch,
                                            Batch::Hold hold) {
  const std::stop_token stop = batch.stop.get_token();
  const TimePoint start = commons_.clock.Now();
  bool threw = false;
  batch.hold = hold;
  Result<model::Tensors> outputs = RunCaught(*session_, inputs, stop, threw);
  broken_ |= threw;
  took_ = commons_.clock.Now() - start;
  auto lent = Batch::Hold::kLent;
  const bool ours = batch.hold.compare_exchange_strong(lent, Batch::Hold::kInstance) ||
                    lent == Batch::Hold::kInstance;
  (ours ? batch.compute : batch.unanswered) += took_;
  if (ours) ++batch.runs;
  if (!ours || !outputs.has_value()) return outputs;
  const Result<void> fits =
      CheckOutputs(*outputs, description_.outputs, description_.batch_max > 0 ? rows : 0);
  broken_ |= !fits.has_value();
  if (!fits.has_value()) return Fail(fits.error());
  return outputs;
}

void Instance::Measure(Batch& batch) {
  const model::Tensors inputs = Zeros(description_, batch.rows);
  const bool ran = RunSession(inputs, batch.rows, batch, Batch::Hold::kInstance).has_value();
  commons_.backlog.FinishMeasuring(batch, ran ? std::optional(took_) : std::nullopt);
}

}  // namespace perigee::serving
