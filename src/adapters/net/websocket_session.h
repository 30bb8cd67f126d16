// One connection after its upgrade: frames of the client to the handler, texts of the handler to
// the client. Lives with its Connection, on its thread.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "adapters/net/io_worker.h"
#include "adapters/net/pace.h"
#include "adapters/net/stream.h"
#include "adapters/net/websocket.h"
#include "adapters/net/websocket_codec.h"

namespace perigee::net {

// Not thread-safe. It stops reading while the client does not read, or the handler is not ready, so
// that neither makes it grow.
class WebSocketSession {
 public:
  // The connection owns it.
  WebSocketSession(Connection& connection, Stream& stream, IoWorker& worker,
                   std::unique_ptr<WebSocketHandler> handler);
  ~WebSocketSession();
  WebSocketSession(const WebSocketSession&) = delete;
  WebSocketSession& operator=(const WebSocketSession&) = delete;

  void Open();
  // `early`: what was read behind the upgrade request. Nothing is read before this.
  void Start(std::span<const std::byte> early);
  void SendText(std::string_view text);
  void Close(WebSocketClose code, std::string_view reason);
  // No more messages are taken; closes once those taken are answered.
  void Drain();
  void CheckTimes(TimePoint now);
  // The socket is gone, or will be: nothing more is read or written. False while the handler has
  // something under way: then again later. The session itself stays for completions to come.
  bool Leave();

 private:
  using Step = void (WebSocketSession::*)(const ErrorCode&, std::size_t);
  Stream::Done Then(Step step);

  bool WantsMore() const;
  void ReadMore();
  void OnRead(const ErrorCode& error, std::size_t bytes);
  void TakeEvents();
  void Take(WebSocketReader::Event event);
  bool Reserve();
  void Queue(WebSocketOpcode opcode, std::string_view payload);
  void WriteMore();
  void OnWritten(const ErrorCode& error, std::size_t bytes);
  void CloseIfDrained();

  Connection& connection_;
  Stream& stream_;
  ListenerShared& shared_;
  const WebSocketSender sender_;
  std::unique_ptr<WebSocketHandler> handler_;  // null once left and idle
  WebSocketReader reader_;
  bool reading_ = true;   // a read is under way: at first the connection's own
  bool left_ = false;     // no more calls of the handler
  bool closing_ = false;  // our close frame is queued: nothing goes after it
  bool draining_ = false;
  bool pinged_ = false;  // since the client was last heard
  bool pong_queued_ = false;
  TimePoint heard_at_;
  std::size_t reserved_ = 0;  // our part of ListenerShared::body_bytes

  std::string queued_;  // frames to write after those under way
  std::string writing_;
  std::span<const std::byte> unsent_;  // of writing_
  int texts_queued_ = 0;
  int texts_writing_ = 0;
  Pace pace_;  // of the write under way
};

}  // namespace perigee::net
