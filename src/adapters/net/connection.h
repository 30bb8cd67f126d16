// One client's connection: requests are read, handed to the handler and answered one after the
// other. Lives on its IoWorker's thread; only the HttpRespond it hands out is called from others.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/net/http_parser.h"
#include "adapters/net/io_worker.h"
#include "adapters/net/pace.h"
#include "adapters/net/response_head.h"
#include "adapters/net/stream.h"

namespace perigee::net {

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
  // The handler dropped its HttpRespond: 500.
  void AnswerForgotten();

 private:
  enum class Phase {
    kHandshake,
    kIdle,      // between requests
    kHead,      // the first byte of a request is here
    kBody,      // the head is parsed
    kHandling,  // the handler has the request
    kWriting,   // the answer is being sent
    kEnding,    // our last byte is sent; waiting for the client's end
    kClosed,
  };

  void OnHandshake(const ErrorCode& error, std::size_t bytes);
  void NextRequest();
  void OnFirstByte();
  void ReadHead();
  void OnHeadRead(const ErrorCode& error, std::size_t bytes);
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
  void OnReset(const ErrorCode& error, std::size_t bytes);

  void Refuse(int status, std::string_view why);
  void Send(HttpResponse response, AfterAnswer after);
  void WriteMore();
  void OnWritten(const ErrorCode& error, std::size_t bytes);
  void AfterWrite();
  void End();
  void OnWritesEnded(const ErrorCode& error, std::size_t bytes);
  void OnDiscarded(const ErrorCode& error, std::size_t bytes);
  void Close();

  using Step = void (Connection::*)(const ErrorCode&, std::size_t);
  // A completion that keeps this connection alive, and does nothing if the connection has turned
  // to something else meanwhile (a refusal after a timeout, say), which `epoch_` tells.
  Stream::Done Then(Step step);
  std::span<const std::byte> Unparsed() const;
  // Where the next bytes are read to; empty if a whole buffer held no end of what is parsed.
  std::span<std::byte> Unfilled();

  IoWorker& worker_;
  ListenerShared& shared_;
  Stream stream_;
  Phase phase_ = Phase::kIdle;
  std::uint32_t epoch_ = 0;
  TimePoint deadline_ = kNever;  // of the phases that have no pace
  Pace pace_;                    // of kBody and kWriting

  std::vector<std::byte> buffer_;  // bytes read and not parsed: [begin_, end_)
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::optional<RequestParser> parser_;
  TimePoint received_at_{};
  std::size_t body_filled_ = 0;    // of a body with a length: bytes received
  std::size_t body_reserved_ = 0;  // our part of ListenerShared::body_bytes
  std::stop_source stop_{std::nostopstate};

  HttpResponse response_;
  std::string head_;
  Stream::Buffers unsent_{};
  AfterAnswer after_ = AfterAnswer::kKeepAlive;
  bool answers_head_ = false;
};

}  // namespace perigee::net
