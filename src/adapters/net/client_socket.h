// A client's connected socket, in clear text or TLS, whose every wait ends by the context's
// deadline or stop. Uses poll(2); no threads. Not thread-safe.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>

#include "adapters/net/tls_client.h"
#include "adapters/net/url.h"
#include "base/clock.h"
#include "base/result.h"
#include "task/context.h"

namespace perigee::net {

// A file descriptor that is closed with its owner.
class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  ~Descriptor();
  Descriptor(Descriptor&& other) noexcept;
  Descriptor& operator=(Descriptor&& other) noexcept;
  int get() const { return fd_; }

 private:
  int fd_;
};

// Waits for a socket, a deadline or a stop, whichever is first. One wait at a time.
class Waiter {
 public:
  static Result<std::unique_ptr<Waiter>> Open();

  // From here on waits end by this context, until Disarm.
  void Arm(const task::Context& context);
  void Disarm();
  // The error that a wait would end with right away.
  Result<void> Check() const;
  // `events` as poll(2) has them; says which came. DeadlineExceeded, Cancelled: bare, without what
  // was attempted.
  Result<short> Wait(int socket, short events, TimePoint no_later = kNever);

 private:
  struct Wake {
    int event;
    void operator()() const;
  };

  explicit Waiter(Descriptor event) : event_(std::move(event)) {}

  Descriptor event_;  // an eventfd, readable once a stop was requested
  TimePoint deadline_ = kNever;
  std::stop_token stop_;
  std::optional<std::stop_callback<Wake>> on_stop_;
};

class ClientSocket {
 public:
  // Connects, and shakes hands if `trust` is given. A name's addresses are tried in order.
  static Result<std::unique_ptr<ClientSocket>> Connect(const Url& url, const TlsTrust* trust,
                                                       Waiter& waiter, Duration timeout);

  // One step, without waiting. With two buffers, writes from both where it can.
  IoStep Write(std::span<const std::byte> first, std::span<const std::byte> second);
  IoStep Read(std::span<std::byte> into);
  // Waits until a step that wanted `outcome` is worth repeating; `events` as poll(2) has them.
  // Unavailable: `no_later` came first.
  Result<short> Await(short events, TimePoint no_later = kNever) {
    return waiter_.Wait(socket_.get(), events, no_later);
  }
  // The peer has closed, or sent what nobody asked for: no use for another request.
  bool IsStale() const;
  // Closing now resets the connection instead of finishing it: the peer sees that we gave up.
  void ResetOnClose();

 private:
  ClientSocket(Descriptor socket, Waiter& waiter) : socket_(std::move(socket)), waiter_(waiter) {}
  Result<void> Handshake(const TlsTrust& trust, const std::string& host, TimePoint deadline);

  Descriptor socket_;
  Waiter& waiter_;
  std::unique_ptr<TlsSession> tls_;  // null: clear text
};

}  // namespace perigee::net
