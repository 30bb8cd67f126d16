// A client's end of a WebSocket (RFC 6455) to one node, in clear text or TLS: for the command line,
// the load generator and the SDK. One thread sends and receives in turn; no threads of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "task/context.h"

namespace perigee::net {

struct WebSocketClientOptions {
  std::string ca_file = {};  // PEM; whose signature a node's certificate needs. Empty: the system's
  Duration connect_timeout = std::chrono::seconds(5);  // upgrade included
  std::size_t message_max = std::size_t{16} << 20;     // bytes received; beyond: closed
};

// Not thread-safe.
class WebSocketClient {
 public:
  // `url` as for HttpClient, `target` its path and query. Connects; waits in this and later calls
  // end by the context. The node's refusal of the upgrade comes with the code of its status.
  static Result<std::unique_ptr<WebSocketClient>> Open(std::string_view url,
                                                       const std::string& target,
                                                       const WebSocketClientOptions& options,
                                                       const task::Context& context);
  ~WebSocketClient();
  WebSocketClient(const WebSocketClient&) = delete;
  WebSocketClient& operator=(const WebSocketClient&) = delete;

  // One binary message of both parts, sent as far as the socket takes it now; Receive sends the
  // rest. The caller watches unsent_bytes().
  Result<void> Send(std::span<const std::byte> first, std::span<const std::byte> second = {});
  std::size_t unsent_bytes() const;
  // The next message, or none if `until` comes first. Unavailable once the node has closed, with
  // its code and reason.
  Result<std::optional<std::string>> Receive(TimePoint until);
  // Says that no more will come; Receive still gets what the node sends before it closes.
  Result<void> Close();
  std::uint64_t bytes_sent() const;

 private:
  class Connection;
  explicit WebSocketClient(std::unique_ptr<Connection> connection);

  std::unique_ptr<Connection> connection_;
};

}  // namespace perigee::net
