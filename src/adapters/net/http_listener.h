// Serves HTTP/1.1, in clear text or TLS, on one address: sockets in, HttpHandler calls out. It owns
// its I/O threads. Every size, count and wait below is a bound that holds against hostile clients.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "adapters/net/http.h"
#include "base/clock.h"
#include "base/result.h"

namespace perigee::net {

struct HttpListenerOptions {
  std::string address = "127.0.0.1";  // numeric, IPv4 or IPv6
  int port = 0;                       // 0: any free one; HttpListener::port() tells which
  int threads = 1;                    // one carries some 20 000 small requests a second
  // PEM files, both or neither. Without them only loopback is bound, unless `insecure`.
  std::string certificate_file = {};
  std::string key_file = {};
  bool insecure = false;

  std::size_t header_max = std::size_t{16} << 10;  // bytes; beyond: 431
  std::size_t body_max = std::size_t{64} << 20;    // bytes of one body; beyond: 413
  std::size_t bodies_max = std::size_t{1} << 30;   // bytes of all bodies being received; 503
  // Beyond it nothing more is accepted until a connection ends: newer clients wait in the
  // kernel's backlog (which the kernel bounds), they are not refused.
  int connections_max = 1024;

  Duration idle_timeout = std::chrono::seconds(60);    // no request under way: closed
  Duration header_timeout = std::chrono::seconds(10);  // TLS handshake, or header; 408
  Duration body_timeout = std::chrono::seconds(30);    // without progress; 408
  Duration write_timeout = std::chrono::seconds(30);   // without progress: closed
  // Beyond those timeouts a body, either way, must also keep this average. Bytes per second.
  std::size_t rate_min = 1024;
};

// Thread-safe. The handler outlives the listener. HttpRespond may outlive both: calling it after
// the listener is gone does nothing.
class HttpListener {
 public:
  // Unavailable: the port is taken. InvalidArgument: the address, or the TLS files.
  static Result<std::unique_ptr<HttpListener>> Start(const HttpListenerOptions& options,
                                                     HttpHandler& handler);
  // Ends what is left at once: requests under way get their stop requested.
  ~HttpListener();
  HttpListener(const HttpListener&) = delete;
  HttpListener& operator=(const HttpListener&) = delete;

  int port() const;

  // Stops accepting, closes idle connections and lets requests under way finish; their answers say
  // "Connection: close". Blocks until all are gone; after `budget` the rest get their stop
  // requested and are closed. Not from a handler's own thread. Idempotent.
  void Drain(Duration budget);

 private:
  class Server;
  explicit HttpListener(std::unique_ptr<Server> server);

  std::unique_ptr<Server> server_;
};

}  // namespace perigee::net
