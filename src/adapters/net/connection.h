// One client's connection: requests are read, handed to the handler and answered one after the
// other. Lives on its IoWorker's thread; only the HttpRespond it hands out is called from others,
// and may send the answer there (answer_turn.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "adapters/net/answer_turn.h"
#include "adapters/net/http_parser.h"
#include "adapters/net/io_worker.h"
#include "adapters/net/pace.h"
#include "adapters/net/read_buffer.h"
#include "adapters/net/response_head.h"
#include "adapters/net/stream.h"
#include "adapters/net/websocket.h"

namespace perigee::net {

class WebSocketSession;

class Connection final : public std::enable_shared_from_this<Connection> {
 public:
  Connection(boost::asio::ip::tcp::socket socket, IoWorker& worker);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void Start();
  // Close when idle, otherwise after the answer under way.
  void Drain();
  // The caller is told by the stop token; the connection closes at once.
  void Abandon();
  // Ends the connection if what it waits for took too long.
  void CheckTimes();
  // The answer to the request under way; ignored if the client has left.
  void Answer(HttpResponse response);
  // The same, of which the socket took the first `sent` bytes already.
  void AnswerRest(HttpResponse response, std::string head, std::size_t sent);
  // The handler dropped its HttpRespond: 500.
  void AnswerForgotten();
  // Goes on to the next request if the answer went out from another thread; says whether it did.
  bool Settle();

  // connection_upgrade.cc: what a WebSocketSender asks for; ignored if the client has left.
  void SendText(std::string_view text);
  void CloseWebSocket(WebSocketClose code, std::string_view reason);
  // The session has written its last byte.
  void EndWebSocket();

 private:
  enum class Phase {
    kHandshake,
    kIdle,      // between requests
    kHead,      // the first byte of a request is here
    kBody,      // the head is parsed
    kHandling,  // the handler has the request
    kWriting,   // the answer is being sent
    kUpgraded,  // a WebSocket: its session reads and writes
    kEnding,    // our last byte is sent; waiting for the client's end
    kLeaving,   // the socket is closed; waiting for a WebSocket's handler to let go
    kClosed,
  };

  void OnHandshake(const ErrorCode& error, std::size_t bytes);
  void NextRequest();
  void OnFirstByte();
  // Reads into what is unfilled, unless that is under way.
  void ReadHead();
  void OnHeadRead(const ErrorCode& error, std::size_t bytes);
  void OnReadAhead(const ErrorCode& error);
  void StopReading();
  void ParseHead();
  void StartBody();
  void OnContinued(const ErrorCode& error, std::size_t bytes);
  void ReceiveBody();
  void ReceiveSizedBody();
  void OnSizedRead(const ErrorCode& error, std::size_t bytes);
  void ReceiveChunkedBody();
  void OnChunkedRead(const ErrorCode& error, std::size_t bytes);
  // Makes the body `size` bytes large, if all bodies together allow it; otherwise refuses.
  bool GrowBody(std::size_t size);
  bool ReserveBody(std::size_t size);
  void ReleaseBody();
  void Dispatch();
  void WatchForReset();
  void OnReset(const ErrorCode& error, std::size_t bytes);

  void Refuse(int status, std::string_view why);
  void Send(HttpResponse response, AfterAnswer after);
  void StartWriting(AfterAnswer after);
  void WriteMore();
  void OnWritten(const ErrorCode& error, std::size_t bytes);
  void AfterWrite();
  void Upgrade();
  void Leave();
  void End();
  void OnWritesEnded(const ErrorCode& error, std::size_t bytes);
  void OnDiscarded(const ErrorCode& error, std::size_t bytes);
  void Close();

  using Step = void (Connection::*)(const ErrorCode&, std::size_t);
  // A completion that keeps this connection alive, and does nothing if the connection has turned
  // to something else meanwhile (a refusal after a timeout, say), which `epoch_` tells.
  Stream::Done Then(Step step);

  IoWorker& worker_;
  ListenerShared& shared_;
  Stream stream_;
  Phase phase_ = Phase::kIdle;
  std::uint32_t epoch_ = 0;
  TimePoint deadline_ = kNever;  // of the phases that have no pace
  Pace pace_;                    // of kBody and kWriting

  ReadBuffer buffer_;
  bool reading_ = false;  // into it, by ReadHead
  bool ended_ = false;    // the client has sent its last byte
  std::optional<RequestParser> parser_;
  TimePoint received_at_{};
  std::size_t body_filled_ = 0;    // of a body with a length: bytes received
  std::size_t body_reserved_ = 0;  // our part of ListenerShared::body_bytes
  std::stop_source stop_{std::nostopstate};
  std::shared_ptr<AnswerTurn> turn_;  // of the request that is with the handler

  std::unique_ptr<WebSocketSession> web_socket_;  // from kUpgraded on

  HttpResponse response_;
  std::string head_;
  Stream::Buffers unsent_{};
  AfterAnswer after_ = AfterAnswer::kKeepAlive;
  bool answers_head_ = false;
};

}  // namespace perigee::net
