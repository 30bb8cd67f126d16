// A blocking HTTP/1.1 client to one node, in clear text or TLS: for the command line, the load
// generator and the SDK. It keeps its connection between requests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "adapters/net/http.h"
#include "base/clock.h"
#include "base/result.h"
#include "task/context.h"

namespace perigee::net {

struct ClientRequest {
  std::string method = "GET";
  std::string target = "/";  // path and query
  Headers headers = {};      // Host, Content-Length and Connection are the client's to say
  std::span<const std::byte> body = {};
};

struct HttpClientOptions {
  std::string ca_file = {};  // PEM; whose signature a node's certificate needs. Empty: the system's
  Duration connect_timeout = std::chrono::seconds(5);
  std::size_t body_max = std::size_t{64} << 20;  // of an answer; beyond: ResourceExhausted
};

// Not thread-safe: one a thread.
class HttpClient {
 public:
  // "http://host:port" or "https://host:port". Does not connect yet: a node may come later.
  // InvalidArgument: the URL or the CA file.
  static Result<std::unique_ptr<HttpClient>> Open(std::string_view url,
                                                  const HttpClientOptions& options = {});
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Any status is an answer; look at it. The request is sent a second time only if the kept
  // connection turned out to be closed before any byte of an answer came.
  // Unavailable: refused, reset, no name, no trust. DeadlineExceeded, Cancelled: the context's;
  // the connection is reset, so that the node stops working on the request.
  Result<HttpResponse> Send(const ClientRequest& request, const task::Context& context);

  // Since Open, on the wire but without TLS's own bytes.
  std::uint64_t bytes_sent() const;
  std::uint64_t bytes_received() const;

 private:
  class Exchange;
  explicit HttpClient(std::unique_ptr<Exchange> exchange);

  std::unique_ptr<Exchange> exchange_;
};

}  // namespace perigee::net
