// Answering: from the handler's response, or a refusal, to the end of the connection.
#include <algorithm>
#include <span>
#include <utility>

#include "adapters/net/connection.h"
#include "adapters/net/websocket_session.h"

namespace perigee::net {
namespace {

// How long we keep taking bytes after our last one: closing on unread bytes would reset the
// connection, and the reset could overtake the answer.
constexpr Duration kEndingMax = std::chrono::seconds(2);

TimePoint Now() { return std::chrono::steady_clock::now(); }

std::size_t Advance(Stream::Buffers& buffers, std::size_t bytes) {
  std::size_t left = 0;
  for (auto& buffer : buffers) {
    const std::size_t part = std::min(bytes, buffer.size());
    buffer = buffer.subspan(part);
    bytes -= part;
    left += buffer.size();
  }
  return left;
}

}  // namespace

void Connection::Answer(HttpResponse response) {
  if (phase_ != Phase::kHandling) return;
  if (response.upgrade && (shared_.draining || parser_->is_http_1_0())) {
    response = shared_.handler.Refusal(503, "no WebSocket is opened now, or over HTTP/1.0");
  }
  const bool keep = parser_->keep_alive() && !shared_.draining && !AsksToClose(response);
  // The watch for a reset ends; what is being read is the next request, if there will be one.
  if (!reading_ || !keep) StopReading();
  Send(std::move(response), keep ? AfterAnswer::kKeepAlive : AfterAnswer::kClose);
}

void Connection::AnswerRest(HttpResponse response, std::string head, std::size_t sent) {
  if (phase_ != Phase::kHandling) return;
  if (!reading_) StopReading();
  response_ = std::move(response);
  head_ = std::move(head);
  StartWriting(AfterAnswer::kKeepAlive);
  Advance(unsent_, sent);
  WriteMore();
}

void Connection::AnswerForgotten() {
  if (phase_ == Phase::kHandling)
    Answer(shared_.handler.Refusal(500, "the handler gave no answer"));
}

void Connection::Refuse(int status, std::string_view why) {
  StopReading();
  Send(shared_.handler.Refusal(status, why), AfterAnswer::kClose);
}

void Connection::Send(HttpResponse response, AfterAnswer after) {
  response_ = std::move(response);
  head_ = ResponseHead(response_,
                       {.after = after, .is_http_1_0 = parser_->is_http_1_0(), .date = DateNow()});
  StartWriting(after);
  WriteMore();
}

void Connection::StartWriting(AfterAnswer after) {
  phase_ = Phase::kWriting;
  pace_.Start(Now());
  after_ = after;
  unsent_ = {std::as_bytes(std::span(head_)), {}};
  if (!answers_head_ && StatusHasBody(response_.status)) {
    unsent_[1] = std::as_bytes(std::span(response_.body));
  }
}

void Connection::WriteMore() { stream_.Write(unsent_, Then(&Connection::OnWritten)); }

void Connection::OnWritten(const ErrorCode& error, std::size_t bytes) {
  if (error) return Close();
  pace_.Move(Now(), bytes);
  if (Advance(unsent_, bytes) > 0) return WriteMore();
  AfterWrite();
}

void Connection::AfterWrite() {
  if (response_.upgrade) return Upgrade();
  response_ = {};
  ReleaseBody();
  if (after_ == AfterAnswer::kClose) return End();
  NextRequest();
}

void Connection::End() {
  phase_ = Phase::kEnding;
  deadline_ = Now() + kEndingMax;
  stream_.EndWrites(Then(&Connection::OnWritesEnded));
}

void Connection::OnWritesEnded(const ErrorCode&, std::size_t) {
  stream_.ReadRaw(buffer_.Whole(), Then(&Connection::OnDiscarded));
}

void Connection::OnDiscarded(const ErrorCode& error, std::size_t) {
  if (error) return Close();
  stream_.ReadRaw(buffer_.Whole(), Then(&Connection::OnDiscarded));
}

void Connection::Drain() {
  if (phase_ == Phase::kHandling && turn_->KeepHome()) Settle();
  const bool idle = phase_ == Phase::kIdle && !stream_.HasUnreadBytes();
  if (idle || phase_ == Phase::kHandshake) Close();
  if (phase_ == Phase::kUpgraded) web_socket_->Drain();
}

void Connection::Abandon() {
  if (phase_ != Phase::kClosed && phase_ != Phase::kLeaving) Close();
}

void Connection::CheckTimes() {
  const HttpListenerOptions& options = shared_.options;
  const TimePoint now = Now();
  switch (phase_) {
    case Phase::kHandshake:
    case Phase::kIdle:
    case Phase::kEnding:
      if (now >= deadline_) Close();
      break;
    case Phase::kHead:
      if (now >= deadline_) Refuse(408, "the header did not arrive in time");
      break;
    case Phase::kBody:
      if (pace_.IsLost(now, {options.body_timeout, options.rate_min})) {
        Refuse(408, "the body arrives too slowly");
      }
      break;
    case Phase::kWriting:
      if (pace_.IsLost(now, {options.write_timeout, options.rate_min})) Close();
      break;
    case Phase::kHandling:
      Settle();
      break;
    case Phase::kUpgraded:
      web_socket_->CheckTimes(now);
      break;
    case Phase::kLeaving:
      Leave();
      break;
    case Phase::kClosed:
      break;
  }
}

void Connection::ReleaseBody() {
  shared_.body_bytes.fetch_sub(body_reserved_, std::memory_order_relaxed);
  body_reserved_ = 0;
}

void Connection::Close() {
  const std::shared_ptr<Connection> self = shared_from_this();  // Remove drops the worker's
  const bool answered = phase_ == Phase::kHandling && turn_->End();
  const bool handling = phase_ == Phase::kHandling && !answered;
  if (answered) body_reserved_ = 0;
  phase_ = Phase::kClosed;
  ++epoch_;
  stream_.Close();
  ReleaseBody();
  if (handling) stop_.request_stop();
  Leave();  // last: it tells Drain
}

}  // namespace perigee::net
