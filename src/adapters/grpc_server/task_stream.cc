#include "adapters/grpc_server/task_stream.h"

#include <tuple>
#include <utility>

#include "adapters/grpc_server/message_bytes.h"
#include "adapters/grpc_server/metadata_terms.h"
#include "adapters/grpc_server/task_codec.h"
#include "wire/form.h"

namespace perigee::grpc_server {
namespace {

namespace v1 = perigee::v1;

// The bounds that a query has, for the same options.
Result<task::Options> ReadOptions(const v1::StreamOpen& message) {
  if (static_cast<std::size_t>(message.options_size()) > wire::kOptionsMax) {
    return Fail(InvalidArgument("open stream: too many options"));
  }
  task::Options options;
  for (const auto& [name, value] : message.options()) {
    if (name.size() > wire::kOptionNameBytesMax || value.size() > wire::kOptionValueBytesMax) {
      return Fail(InvalidArgument("open stream: the name or value of an option is too long"));
    }
    options.emplace(name, value);
  }
  return options;
}

}  // namespace

TaskStream::TaskStream(const Node& node, const grpc::CallbackServerContext& context)
    : Duplex(task::FrameLedger::kUnansweredMax), node_(node), context_(context) {}

TaskStream::~TaskStream() {
  if (session_ && node_.streams != nullptr) node_.streams->Closed(task_name_);
}

void TaskStream::OnMessage(grpc::ByteBuffer& bytes) {
  const Result<void> taken = Take(bytes);
  if (taken) return;
  Break(taken.error());
  Answered({}, 1);
}

// A frame is answered by the session; all else is done when this returns.
Result<void> TaskStream::Take(grpc::ByteBuffer& bytes) {
  const TimePoint arrived = node_.clock.Now();
  v1::StreamRequest request;
  if (node_.draining) return Fail(Unavailable("take frame: the node is shutting down"));
  TRY(CheckStreamBytes(bytes));
  TRY(ReadMessage(bytes, request));
  if (session_ != nullptr && request.has_frame()) {
    session_->Push(DecodeFrame(*request.mutable_frame(), arrived, budget_));
    return {};
  }
  if (session_ != nullptr || !request.has_open()) {
    return Fail(InvalidArgument("open stream: the first message opens it, frames follow"));
  }
  TRY(Open(request.open()));
  Answered({}, 1);
  return {};
}

Result<void> TaskStream::Open(const v1::StreamOpen& message) {
  wire::Terms terms = TRY(ReadMetadata(context_));
  const Duration said = terms.budget.value_or(node_.request_timeout);
  budget_ = TRY(DecodeBudget(message, said));
  const task::Options options = TRY(ReadOptions(message));
  seat_ = TRY(node_.tasks->Find(message.task()));
  task_name_ = message.task();
  terms.budget.reset();
  task::Context context = wire::ToContext(std::move(terms), node_.clock.Now(), Duration::max());
  context.stop = stop_token();
  session_ = TRY(seat_.task->OpenSession(
      options, context, [this](task::FrameAnswer answer) { Answer(std::move(answer)); }));
  if (node_.streams != nullptr) node_.streams->Opened(task_name_);
  return {};
}

void TaskStream::Answer(task::FrameAnswer answer) {
  answer.next = seat_.task->hint(budget_);
  if (node_.streams != nullptr) node_.streams->Answered(task_name_, answer.outcome);
  v1::StreamAnswer message;
  EncodeAnswer(answer, task_name_, node_.name, message);
  std::deque<grpc::ByteBuffer> answers(1);
  std::ignore = WriteMessage(message, answers.front());  // an answer always has a form
  Answered(std::move(answers), 1);
}

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* TaskService::Stream(
    grpc::CallbackServerContext* context) {
  TaskStream* const call = std::make_unique<TaskStream>(node_, *context).release();
  call->Begin();
  return call;
}

}  // namespace perigee::grpc_server
