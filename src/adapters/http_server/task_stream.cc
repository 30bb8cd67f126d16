#include "adapters/http_server/task_stream.h"

#include <utility>

#include "wire/budget.h"
#include "wire/stream_frame.h"

namespace perigee::http_server {

Result<std::unique_ptr<TaskStream>> TaskStream::Open(task::Seat seat, Terms terms,
                                                     const Node& node) {
  std::unique_ptr<TaskStream> stream(new TaskStream(std::move(seat), terms.budget, node));
  TaskStream& sees = *stream;
  terms.context.deadline = kNever;
  terms.context.stop = stream->stop_.get_token();
  stream->session_ = TRY(stream->seat_.task->OpenSession(terms.options, terms.context,
                                                         [&sees](task::FrameAnswer answer) {
                                                           sees.ledger_.Answered();
                                                           sees.Answer(std::move(answer));
                                                           --sees.under_way_;
                                                         }));
  return stream;
}

TaskStream::TaskStream(task::Seat seat, Duration budget, const Node& node)
    : seat_(std::move(seat)), budget_(budget), node_(node) {}

TaskStream::~TaskStream() {
  if (sender_ && node_.streams != nullptr) node_.streams->Closed(task_name());
}

void TaskStream::OnOpen(net::WebSocketSender sender) {
  sender_.emplace(std::move(sender));
  if (node_.streams != nullptr) node_.streams->Opened(task_name());
}

void TaskStream::OnMessage(net::WebSocketMessage message) {
  if (message.is_text) {
    return sender_->Close(net::WebSocketClose::kUnsupportedData, "frames are binary messages");
  }
  ++messages_;
  wire::StreamFrame header;
  const Result<void> parsed = wire::ParseStreamFrame(message.bytes, header);
  const std::uint64_t id = header.id.value_or(messages_);
  if (!parsed) {
    return Answer({.id = id,
                   .timestamp_us = header.timestamp_us,
                   .outcome = task::FrameAnswer::Outcome::kFailed,
                   .answer = Fail(parsed.error())});
  }
  ledger_.Pushed(message.bytes.size());
  ++under_way_;
  const TimePoint deadline = wire::WorkUntil(message.received_at, header.budget.value_or(budget_));
  session_->Push({.id = id,
                  .timestamp_us = header.timestamp_us,
                  .bytes = std::move(message.bytes),
                  .picture_at = header.picture_at,
                  .deadline = deadline});
}

void TaskStream::OnEnd() { stop_.request_stop(); }

void TaskStream::Answer(task::FrameAnswer answer) {
  answer.next = seat_.task->hint(budget_);
  if (node_.streams != nullptr) node_.streams->Answered(task_name(), answer.outcome);
  sender_->SendText(wire::WriteFrameAnswer(answer, task_name(), node_.name));
}

}  // namespace perigee::http_server
