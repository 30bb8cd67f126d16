// The TLS side of HttpClient: whom to trust, and one session over a socket that is never blocked
// on. No Asio: the client waits with poll(2).
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "base/result.h"

namespace perigee::net {

// What a non-blocking step came to.
struct IoStep {
  enum class Outcome { kMoved, kWantsRead, kWantsWrite, kEnded, kFailed };
  Outcome outcome = Outcome::kFailed;
  std::size_t bytes = 0;
  std::string why = {};  // of kFailed
};

// Trust in certificates. Immutable.
class TlsTrust {
 public:
  // `ca_file` empty: the system's. InvalidArgument: no certificates in it.
  static Result<std::unique_ptr<TlsTrust>> Open(const std::string& ca_file);
  ~TlsTrust();
  TlsTrust(const TlsTrust&) = delete;
  TlsTrust& operator=(const TlsTrust&) = delete;

 private:
  friend class TlsSession;
  struct Context;
  explicit TlsTrust(std::unique_ptr<Context> context);
  std::unique_ptr<Context> context_;
};

// Not thread-safe. Borrows the socket.
class TlsSession {
 public:
  // The peer must prove that it is `host`, a name or an address.
  static Result<std::unique_ptr<TlsSession>> Open(const TlsTrust& trust, const std::string& host,
                                                  int socket);
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  IoStep Handshake();
  IoStep Write(std::span<const std::byte> bytes);
  IoStep Read(std::span<std::byte> into);

 private:
  struct State;
  explicit TlsSession(std::unique_ptr<State> state);
  IoStep StepOf(int result, std::size_t bytes);
  std::unique_ptr<State> state_;
};

}  // namespace perigee::net
