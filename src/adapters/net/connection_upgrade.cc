// After an upgrade: the connection gives its socket to a WebSocketSession, and outlives it.
#include <utility>

#include "adapters/net/connection.h"
#include "adapters/net/websocket_session.h"

namespace perigee::net {

void Connection::Upgrade() {
  phase_ = Phase::kUpgraded;
  ReleaseBody();
  web_socket_ =
      std::make_unique<WebSocketSession>(*this, stream_, worker_, std::move(response_.upgrade));
  response_ = {};
  web_socket_->Open();
  if (ended_ && buffer_.empty()) return Close();
  // What was read ahead is the session's. A read under way brings the first of it.
  if (!reading_) web_socket_->Start(buffer_.Unparsed());
  if (shared_.draining) Drain();
}

void Connection::SendText(std::string_view text) {
  if (phase_ == Phase::kUpgraded) web_socket_->SendText(text);
  if (phase_ == Phase::kLeaving) Leave();
}

void Connection::CloseWebSocket(WebSocketClose code, std::string_view reason) {
  if (phase_ == Phase::kUpgraded) web_socket_->Close(code, reason);
}

void Connection::EndWebSocket() {
  (void)web_socket_->Leave();
  StopReading();
  End();
}

// Ending the handler of a WebSocket would wait for what it is at, so it is told to stop, and kept
// until it has.
void Connection::Leave() {
  const std::shared_ptr<Connection> self = shared_from_this();  // Remove drops the worker's
  phase_ = Phase::kLeaving;
  if (web_socket_ && !web_socket_->Leave()) return;
  phase_ = Phase::kClosed;
  worker_.Remove(*this);
}

}  // namespace perigee::net
