// One stream of a task at a node, over WebSocket (api/stream.md): frames out, answers back. One
// thread sends and receives in turn. Not thread-safe.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "adapters/net/websocket_client.h"
#include "base/result.h"
#include "task/session.h"
#include "task/task.h"
#include "wire/stream_frame.h"

namespace perigee::http_client {

class StreamClient {
 public:
  // Unavailable: no node there; NotFound, InvalidArgument: the task, its options.
  static Result<std::unique_ptr<StreamClient>> Open(std::string_view url, std::string_view task,
                                                    const task::Options& stream_options,
                                                    const net::WebSocketClientOptions& options,
                                                    const task::Context& context);

  // False if the frame before is not all sent yet: then this one is not sent at all, as a live
  // camera would have it.
  Result<bool> Send(const wire::StreamFrame& frame, std::span<const std::byte> picture);
  // The next answer; none if `until` comes first. Unavailable once the node has ended the stream.
  Result<std::optional<task::FrameAnswer>> Receive(TimePoint until);
  // No more frames come.
  Result<void> Close() { return socket_->Close(); }
  std::uint64_t bytes_sent() const { return socket_->bytes_sent(); }

 private:
  explicit StreamClient(std::unique_ptr<net::WebSocketClient> socket)
      : socket_(std::move(socket)) {}

  std::unique_ptr<net::WebSocketClient> socket_;
};

}  // namespace perigee::http_client
