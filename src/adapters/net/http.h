// HTTP/1.1 requests and answers as values, and the handler that turns one into the other. The
// sockets are in http_listener.h and http_client.h.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "adapters/net/websocket.h"
#include "base/clock.h"

namespace perigee::net {

using Headers = std::vector<std::pair<std::string, std::string>>;

// The value of the first header of that name, compared without case; empty if absent.
std::string_view HeaderValue(const Headers& headers, std::string_view name);

struct HttpRequest {
  std::string method;  // "POST"
  std::string path;    // as sent, without the query: "/v2/models/emotion/infer"
  std::string query;   // as sent, without the question mark
  Headers headers;
  std::vector<std::byte> body;
  TimePoint received_at;  // when the first byte of the request was read
  Duration lends{};       // for how long Handle may hold its thread
  std::stop_token stop;   // requested when the client resets, or the listener gives up on draining
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "application/json";
  Headers headers = {};
  std::string body = {};
  // With status 101: what the connection goes on to (websocket.h).
  std::unique_ptr<WebSocketHandler> upgrade = {};
};

using HttpRespond = std::move_only_function<void(HttpResponse)>;

// Thread-safe: called from every I/O thread at once.
class HttpHandler {
 public:
  virtual ~HttpHandler() = default;
  // Must not block: long work goes elsewhere and answers later. The handler owns the request.
  // Calls `respond` exactly once, from any thread, even after the client has left.
  virtual void Handle(std::unique_ptr<HttpRequest> request, HttpRespond respond) = 0;
  // The answer where the listener itself must refuse (431, 413, 408, 400 for a malformed head).
  virtual HttpResponse Refusal(int status, std::string_view why) = 0;
};

}  // namespace perigee::net
