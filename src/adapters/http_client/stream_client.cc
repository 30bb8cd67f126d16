#include "adapters/http_client/stream_client.h"

#include "wire/form.h"

namespace perigee::http_client {

Result<std::unique_ptr<StreamClient>> StreamClient::Open(std::string_view url,
                                                         std::string_view task,
                                                         const task::Options& stream_options,
                                                         const net::WebSocketClientOptions& options,
                                                         const task::Context& context) {
  std::string target = "/v1/tasks/" + std::string(task) + "/stream";
  if (!stream_options.empty()) target += "?" + wire::WriteQuery(stream_options);
  auto socket = TRY(net::WebSocketClient::Open(url, target, options, context));
  return std::unique_ptr<StreamClient>(new StreamClient(std::move(socket)));
}

Result<bool> StreamClient::Send(const wire::StreamFrame& frame,
                                std::span<const std::byte> picture) {
  if (socket_->unsent_bytes() > 0) return false;
  const std::string head = wire::StreamFrameHead(frame);
  TRY(socket_->Send(std::as_bytes(std::span(head)), picture));
  return true;
}

Result<std::optional<task::FrameAnswer>> StreamClient::Receive(TimePoint until) {
  const std::optional<std::string> text = TRY(socket_->Receive(until));
  if (!text) return std::nullopt;
  return TRY(wire::ParseFrameAnswer(std::as_bytes(std::span(*text))));
}

}  // namespace perigee::http_client
