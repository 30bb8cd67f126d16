#include "adapters/net/stream.h"

#include <poll.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <utility>

namespace perigee::net {

namespace asio = boost::asio;
using asio::ip::tcp;

class Stream::Tls {
 public:
  Tls(tcp::socket& socket, asio::ssl::context& context) : stream(socket, context) {}

  asio::ssl::stream<tcp::socket&> stream;
};

Stream::Stream(tcp::socket socket, asio::ssl::context* tls) : socket_(std::move(socket)) {
  ErrorCode ignored;  // a socket that is already dead fails at its first read
  socket_.set_option(tcp::no_delay(true), ignored);
  if (tls != nullptr) tls_ = std::make_unique<Tls>(socket_, *tls);
}

Stream::~Stream() = default;

void Stream::Handshake(Done done) {
  tls_->stream.async_handshake(
      asio::ssl::stream_base::server,
      [done = std::move(done)](const ErrorCode& error) mutable { done(error, 0); });
}

void Stream::Read(std::span<std::byte> into, Done done) {
  const asio::mutable_buffer buffer(into.data(), into.size());
  if (tls_) {
    tls_->stream.async_read_some(buffer, std::move(done));
  } else {
    socket_.async_read_some(buffer, std::move(done));
  }
}

void Stream::Write(const Buffers& buffers, Done done) {
  const std::array<asio::const_buffer, 2> gathered{
      asio::const_buffer(buffers[0].data(), buffers[0].size()),
      asio::const_buffer(buffers[1].data(), buffers[1].size())};
  if (tls_) {
    tls_->stream.async_write_some(gathered, std::move(done));
  } else {
    socket_.async_write_some(gathered, std::move(done));
  }
}

void Stream::EndWrites(Done done) {
  auto end = [this, done = std::move(done)](const ErrorCode& error) mutable {
    ErrorCode ignored;
    socket_.shutdown(tcp::socket::shutdown_send, ignored);
    done(error, 0);
  };
  if (tls_) {
    tls_->stream.async_shutdown(std::move(end));
  } else {
    end(ErrorCode());
  }
}

void Stream::ReadRaw(std::span<std::byte> into, Done done) {
  socket_.async_read_some(asio::mutable_buffer(into.data(), into.size()), std::move(done));
}

void Stream::WatchForReset(Done done) {
  // Asio waits for EPOLLERR, EPOLLHUP or urgent data; urgent data is not an end.
  socket_.async_wait(tcp::socket::wait_error,
                     [this, done = std::move(done)](const ErrorCode& error) mutable {
                       if (!error && WasReset()) done(error, 0);
                     });
}

void Stream::CancelAll() {
  ErrorCode ignored;
  socket_.cancel(ignored);
}

bool Stream::WasReset() const {
  // The completion may run after Close; then there is nothing left to know.
  if (!socket_.is_open()) return false;
  pollfd state{const_cast<tcp::socket&>(socket_).native_handle(), 0, 0};
  return ::poll(&state, 1, 0) == 1 && (state.revents & (POLLERR | POLLHUP)) != 0;
}

bool Stream::HasUnreadBytes() const {
  ErrorCode error;
  return socket_.available(error) > 0 && !error;
}

void Stream::Close() {
  ErrorCode ignored;
  socket_.close(ignored);
}

}  // namespace perigee::net
