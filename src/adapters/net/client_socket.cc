#include "adapters/net/client_socket.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>
#include <utility>

namespace perigee::net {
namespace {

std::string ErrnoText(int error) { return std::generic_category().message(error); }

struct FreeAddresses {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

// A name is looked up by the C library, which keeps its own time; an address costs nothing.
Result<Addresses> Resolve(const Url& url) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const int error =
      ::getaddrinfo(url.host.c_str(), std::to_string(url.port).c_str(), &hints, &list);
  if (error != 0) return Fail(Unavailable(::gai_strerror(error)));
  return Addresses(list);
}

Result<Descriptor> ConnectTo(const addrinfo& address, Waiter& waiter, TimePoint deadline) {
  Descriptor socket(::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (socket.get() < 0) return Fail(Unavailable(ErrnoText(errno)));
  const int on = 1;
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(socket.get(), address.ai_addr, address.ai_addrlen) == 0) return socket;
  if (errno != EINPROGRESS) return Fail(Unavailable(ErrnoText(errno)));
  TRY(waiter.Wait(socket.get(), POLLOUT, deadline));
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return Fail(Unavailable(ErrnoText(error)));
  return socket;
}

int PollTimeout(TimePoint deadline) {
  if (deadline == kNever) return -1;
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 1'000'000));
}

}  // namespace

Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}
Descriptor::Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

Result<std::unique_ptr<Waiter>> Waiter::Open() {
  Descriptor event(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (event.get() < 0) return Fail(Internal("open an event: " + ErrnoText(errno)));
  return std::unique_ptr<Waiter>(new Waiter(std::move(event)));
}

void Waiter::Wake::operator()() const { ::eventfd_write(event, 1); }

void Waiter::Arm(const task::Context& context) {
  deadline_ = context.deadline;
  stop_ = context.stop;
  if (stop_.stop_possible()) on_stop_.emplace(stop_, Wake{event_.get()});
}

void Waiter::Disarm() {
  if (!on_stop_) return;
  on_stop_.reset();
  stop_ = {};
  eventfd_t ignored = 0;
  ::eventfd_read(event_.get(), &ignored);
}

Result<void> Waiter::Check() const {
  if (stop_.stop_requested()) return Fail(Cancelled("stopped"));
  if (std::chrono::steady_clock::now() >= deadline_) {
    return Fail(DeadlineExceeded("the deadline passed"));
  }
  return {};
}

Result<short> Waiter::Wait(int socket, short events, TimePoint no_later) {
  const TimePoint deadline = std::min(deadline_, no_later);
  pollfd watched[] = {{socket, events, 0}, {event_.get(), POLLIN, 0}};
  for (;;) {
    if (stop_.stop_requested()) return Fail(Cancelled("stopped"));
    const int ready = ::poll(watched, 2, PollTimeout(deadline));
    if (ready < 0 && errno != EINTR) return Fail(Internal(ErrnoText(errno)));
    if (ready > 0 && watched[1].revents == 0) return watched[0].revents;
    if (std::chrono::steady_clock::now() < deadline) continue;
    if (deadline_ <= no_later) return Fail(DeadlineExceeded("the deadline passed"));
    return Fail(Unavailable("timed out"));
  }
}

Result<std::unique_ptr<ClientSocket>> ClientSocket::Connect(const Url& url, const TlsTrust* trust,
                                                            Waiter& waiter, Duration timeout) {
  const TimePoint deadline = DeadlineAfter(std::chrono::steady_clock::now(), timeout);
  const Addresses addresses = TRY(Resolve(url));
  Result<Descriptor> connected = Fail(Unavailable("no address"));
  for (const addrinfo* address = addresses.get(); address != nullptr; address = address->ai_next) {
    connected = ConnectTo(*address, waiter, deadline);
    if (connected || connected.error().code != Code::kUnavailable) break;
  }
  Descriptor socket = TRY(std::move(connected));
  std::unique_ptr<ClientSocket> client(new ClientSocket(std::move(socket), waiter));
  if (trust != nullptr) TRY(client->Handshake(*trust, url.host, deadline));
  return client;
}

Result<void> ClientSocket::Handshake(const TlsTrust& trust, const std::string& host,
                                     TimePoint deadline) {
  tls_ = TRY(TlsSession::Open(trust, host, socket_.get()));
  for (;;) {
    const IoStep step = tls_->Handshake();
    if (step.outcome == IoStep::Outcome::kMoved) return {};
    if (step.outcome == IoStep::Outcome::kFailed) return Fail(Unavailable("TLS: " + step.why));
    if (step.outcome == IoStep::Outcome::kEnded) return Fail(Unavailable("TLS: closed"));
    const bool reads = step.outcome == IoStep::Outcome::kWantsRead;
    TRY(waiter_.Wait(socket_.get(), reads ? POLLIN : POLLOUT, deadline));
  }
}

IoStep ClientSocket::Write(std::span<const std::byte> first, std::span<const std::byte> second) {
  if (tls_) return tls_->Write(first.empty() ? second : first);
  iovec parts[] = {{const_cast<std::byte*>(first.data()), first.size()},
                   {const_cast<std::byte*>(second.data()), second.size()}};
  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = 2;
  const ssize_t sent = ::sendmsg(socket_.get(), &message, MSG_NOSIGNAL);
  using enum IoStep::Outcome;
  if (sent >= 0) return {.outcome = kMoved, .bytes = static_cast<std::size_t>(sent)};
  if (errno == EAGAIN || errno == EINTR) return {.outcome = kWantsWrite};
  return {.outcome = kFailed, .why = ErrnoText(errno)};
}

IoStep ClientSocket::Read(std::span<std::byte> into) {
  if (tls_) return tls_->Read(into);
  const ssize_t got = ::recv(socket_.get(), into.data(), into.size(), 0);
  using enum IoStep::Outcome;
  if (got > 0) return {.outcome = kMoved, .bytes = static_cast<std::size_t>(got)};
  if (got == 0) return {.outcome = kEnded};
  if (errno == EAGAIN || errno == EINTR) return {.outcome = kWantsRead};
  return {.outcome = kFailed, .why = ErrnoText(errno)};
}

bool ClientSocket::IsStale() const {
  // TLS 1.3 session tickets come unasked and are no sign of an end, so only an end counts there.
  char byte = 0;
  const ssize_t got = ::recv(socket_.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  if (got > 0) return tls_ == nullptr;
  return got == 0 || (errno != EAGAIN && errno != EINTR);
}

void ClientSocket::ResetOnClose() {
  const linger reset{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
}

}  // namespace perigee::net
