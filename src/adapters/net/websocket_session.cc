#include "adapters/net/websocket_session.h"

#include <utility>

#include "adapters/net/connection.h"

namespace perigee::net {
namespace {

TimePoint Now() { return std::chrono::steady_clock::now(); }

}  // namespace

WebSocketSession::WebSocketSession(Connection& connection, Stream& stream, IoWorker& worker,
                                   std::unique_ptr<WebSocketHandler> handler)
    : connection_(connection),
      stream_(stream),
      shared_(worker.shared()),
      sender_(worker.mailbox(), connection.weak_from_this()),
      handler_(std::move(handler)),
      reader_({.message_max = shared_.options.body_max, .peer_masks = true}),
      heard_at_(Now()) {}

WebSocketSession::~WebSocketSession() {
  shared_.body_bytes.fetch_sub(reserved_, std::memory_order_relaxed);
}

void WebSocketSession::Open() { handler_->OnOpen(sender_); }

void WebSocketSession::Start(std::span<const std::byte> early) {
  reading_ = false;
  heard_at_ = Now();
  pinged_ = false;
  reader_.Feed(early);
  TakeEvents();
}

Stream::Done WebSocketSession::Then(Step step) {
  return [self = connection_.shared_from_this(), this, step](const ErrorCode& error,
                                                             std::size_t bytes) {
    if (!left_) (this->*step)(error, bytes);
  };
}

bool WebSocketSession::WantsMore() const {
  return !left_ && !closing_ && !draining_ && handler_->IsReady() &&
         sender_.unsent_->load(std::memory_order_relaxed) < WebSocketSender::kUnsentMax;
}

// Only when the reader has nothing left: what it holds would else wait for the client's next bytes.
void WebSocketSession::ReadMore() {
  reading_ = true;
  stream_.Read(reader_.Unfilled(), Then(&WebSocketSession::OnRead));
}

void WebSocketSession::OnRead(const ErrorCode& error, std::size_t bytes) {
  reading_ = false;
  if (error) return connection_.Abandon();
  heard_at_ = Now();
  pinged_ = false;
  reader_.Filled(bytes);
  TakeEvents();
}

void WebSocketSession::TakeEvents() {
  while (!reading_ && WantsMore()) {
    WebSocketReader::Step next = reader_.Next();
    if (!next) return Close(next.error().code, next.error().why);
    if (!Reserve()) {
      return Close(WebSocketClose::kTryAgainLater, "the bodies of all requests are too large now");
    }
    if (!*next) return ReadMore();
    Take(**std::move(next));
  }
}

void WebSocketSession::Take(WebSocketReader::Event event) {
  switch (event.opcode) {
    case WebSocketOpcode::kText:
    case WebSocketOpcode::kBinary:
      return handler_->OnMessage(
          {event.opcode == WebSocketOpcode::kText, std::move(event.payload), Now()});
    case WebSocketOpcode::kPing:
      // Of pings that come faster than we can write, one answer is enough (section 5.5.3).
      if (std::exchange(pong_queued_, true)) return;
      return Queue(WebSocketOpcode::kPong,
                   {reinterpret_cast<const char*>(event.payload.data()), event.payload.size()});
    case WebSocketOpcode::kClose:
      return Close(static_cast<WebSocketClose>(event.close_code.value_or(1000)), "");
    case WebSocketOpcode::kPong:
    case WebSocketOpcode::kContinuation:
      return;
  }
}

// All messages under way at this listener share a bound with the bodies of requests.
bool WebSocketSession::Reserve() {
  const std::size_t held = reader_.held_bytes() + handler_->held_bytes();
  const std::size_t more = held - reserved_;  // may wrap, as the sum then does too
  const std::size_t all = shared_.body_bytes.fetch_add(more, std::memory_order_relaxed) + more;
  const bool fits = held <= reserved_ || all <= shared_.options.bodies_max;
  reserved_ = held;
  return fits;
}

void WebSocketSession::SendText(std::string_view text) {
  if (left_ || closing_) return;
  ++texts_queued_;
  Queue(WebSocketOpcode::kText, text);
}

void WebSocketSession::Close(WebSocketClose code, std::string_view reason) {
  if (left_ || closing_) return;
  Queue(WebSocketOpcode::kClose, ClosePayload(code, reason));
  closing_ = true;
}

void WebSocketSession::Queue(WebSocketOpcode opcode, std::string_view payload) {
  if (left_ || closing_) return;
  queued_ += FrameHead(opcode, payload.size(), {});
  queued_ += payload;
  WriteMore();
}

void WebSocketSession::WriteMore() {
  if (!unsent_.empty() || queued_.empty()) return;
  writing_.swap(queued_);
  queued_.clear();
  texts_writing_ = std::exchange(texts_queued_, 0);
  unsent_ = std::as_bytes(std::span(writing_));
  pace_.Start(Now());
  stream_.Write({unsent_, {}}, Then(&WebSocketSession::OnWritten));
}

void WebSocketSession::OnWritten(const ErrorCode& error, std::size_t bytes) {
  if (error) return connection_.Abandon();
  pace_.Move(Now(), bytes);
  unsent_ = unsent_.subspan(bytes);
  if (!unsent_.empty()) return stream_.Write({unsent_, {}}, Then(&WebSocketSession::OnWritten));
  sender_.unsent_->fetch_sub(std::exchange(texts_writing_, 0), std::memory_order_relaxed);
  pong_queued_ = false;
  WriteMore();
  if (closing_ && unsent_.empty()) return connection_.EndWebSocket();
  CloseIfDrained();
  TakeEvents();
}

void WebSocketSession::Drain() {
  draining_ = true;
  CloseIfDrained();
}

void WebSocketSession::CloseIfDrained() {
  const int on_their_way = sender_.unsent_->load(std::memory_order_relaxed);
  if (draining_ && handler_->IsIdle() && on_their_way == texts_queued_ + texts_writing_) {
    Close(WebSocketClose::kGoingAway, "the node is shutting down");
  }
}

void WebSocketSession::CheckTimes(TimePoint now) {
  if (left_) return;
  const HttpListenerOptions& options = shared_.options;
  if (!unsent_.empty() && pace_.IsLost(now, {options.write_timeout, options.rate_min})) {
    return connection_.Abandon();
  }
  CloseIfDrained();
  if (closing_) return;
  (void)Reserve();  // what the handler let go
  // A client that we do not read from cannot be heard.
  if (!reading_) heard_at_ = now;
  if (now - heard_at_ > options.idle_timeout) return connection_.Abandon();
  if (now - heard_at_ > options.idle_timeout / 2 && !std::exchange(pinged_, true)) {
    Queue(WebSocketOpcode::kPing, "");
  }
  TakeEvents();
}

bool WebSocketSession::Leave() {
  if (!std::exchange(left_, true)) handler_->OnEnd();
  if (handler_ != nullptr && !handler_->IsIdle()) return false;
  handler_.reset();
  return true;
}

}  // namespace perigee::net
