// One accepted connection as bytes, with or without TLS: the only place that names both kinds of
// Asio stream, so that everything above compiles once and quickly.
#pragma once

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>

namespace perigee::net {

using ErrorCode = boost::system::error_code;

// Not thread-safe: every call and every completion on the thread of the socket's io_context. One
// read and one write may be under way at once. A completion must keep the owner of the stream
// alive; Close lets all of them run with an error.
class Stream {
 public:
  using Done = std::move_only_function<void(const ErrorCode&, std::size_t bytes)>;
  using Buffers = std::array<std::span<const std::byte>, 2>;

  // `tls` null: clear text. It is borrowed.
  Stream(boost::asio::ip::tcp::socket socket, boost::asio::ssl::context* tls);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  bool is_tls() const { return tls_ != nullptr; }
  int native_handle() { return socket_.native_handle(); }
  void Handshake(Done done);
  void Read(std::span<std::byte> into, Done done);
  // Writes some of `buffers` with one gather write and says how much.
  void Write(const Buffers& buffers, Done done);
  // Says that no more will be written: FIN, or close_notify, the peer's own, and FIN.
  void EndWrites(Done done);
  // After EndWrites: takes bytes off the socket, deciphering nothing.
  void ReadRaw(std::span<std::byte> into, Done done);

  // Calls `done` without error once the peer has reset the connection. A peer that only finished
  // sending (half-close) does not count. CancelAll, or Close, ends the wait.
  void WatchForReset(Done done);
  // Ends every operation under way, the watch too.
  void CancelAll();
  bool HasUnreadBytes() const;
  void Close();

 private:
  class Tls;  // hides the heaviest template of the room

  bool WasReset() const;

  boost::asio::ip::tcp::socket socket_;
  std::unique_ptr<Tls> tls_;
};

}  // namespace perigee::net
