// The server's end of a WebSocket (RFC 6455): a handler agrees to an upgrade, then takes messages
// and sends texts until either side ends it. The sockets are http_listener.h's.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace perigee::net {

class Connection;
class Mailbox;
struct HttpRequest;
struct HttpResponse;

// Why an end closes; section 7.4.1.
enum class WebSocketClose : std::uint16_t {
  kNormal = 1000,
  kGoingAway = 1001,
  kProtocolError = 1002,
  kUnsupportedData = 1003,
  kPolicyViolation = 1008,
  kMessageTooBig = 1009,
  kInternalError = 1011,
  kTryAgainLater = 1013,
};

struct WebSocketMessage {
  bool is_text = false;  // not checked to be UTF-8
  std::vector<std::byte> bytes;
  TimePoint received_at;  // when the last byte came
};

// How a handler answers. Thread-safe; may outlive the connection, then it does nothing.
class WebSocketSender {
 public:
  // Texts on their way beyond which no more messages are read.
  static constexpr int kUnsentMax = 64;

  WebSocketSender(std::shared_ptr<Mailbox> mailbox, std::weak_ptr<Connection> connection);
  void SendText(std::string text) const;
  // After the texts before it. `reason`: 123 bytes at most.
  void Close(WebSocketClose code, std::string reason) const;

 private:
  friend class WebSocketSession;

  std::shared_ptr<Mailbox> mailbox_;
  std::weak_ptr<Connection> connection_;
  std::shared_ptr<std::atomic<int>> unsent_;
};

// All calls come on the connection's thread and must not block.
class WebSocketHandler {
 public:
  // Comes when IsIdle, or when the listener itself ends.
  virtual ~WebSocketHandler() = default;
  virtual void OnOpen(WebSocketSender sender) = 0;
  virtual void OnMessage(WebSocketMessage message) = 0;
  // The client has left, or will hear nothing more: end what is under way.
  virtual void OnEnd() = 0;
  // Whether it takes one more message; asked again after each text that was sent.
  virtual bool IsReady() const = 0;
  // Nothing is under way, so that ending it would not block.
  virtual bool IsIdle() const = 0;
  // Bytes of messages that it still keeps.
  virtual std::size_t held_bytes() const { return 0; }
};

// The answer to a request for a WebSocket: 101 if the request is a right one (the handler then
// lives with the connection), otherwise 400, 405 or 426 with one sentence.
HttpResponse AcceptWebSocket(const HttpRequest& request, std::unique_ptr<WebSocketHandler> handler);

}  // namespace perigee::net
