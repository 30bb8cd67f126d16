#include "adapters/net/websocket.h"

#include <strings.h>

#include <utility>

#include "adapters/net/connection.h"
#include "adapters/net/http.h"
#include "adapters/net/websocket_codec.h"

namespace perigee::net {
namespace {

constexpr std::string_view kVersion = "13";

bool EqualsText(std::string_view a, std::string_view b) {
  return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0;
}

// Is `token` among the words of a comma-separated field?
bool HasToken(std::string_view field, std::string_view token) {
  while (!field.empty()) {
    const std::size_t comma = field.find(',');
    std::string_view word = field.substr(0, comma);
    while (word.starts_with(' ')) word.remove_prefix(1);
    while (word.ends_with(' ')) word.remove_suffix(1);
    if (EqualsText(word, token)) return true;
    field.remove_prefix(comma == std::string_view::npos ? field.size() : comma + 1);
  }
  return false;
}

HttpResponse Refused(int status, std::string_view why, Headers headers = {}) {
  HttpResponse response;
  response.status = status;
  response.headers = std::move(headers);
  response.body = "{\"error\":\"open web socket: " + std::string(why) + "\"}";
  return response;
}

}  // namespace

WebSocketSender::WebSocketSender(std::shared_ptr<Mailbox> mailbox,
                                 std::weak_ptr<Connection> connection)
    : mailbox_(std::move(mailbox)),
      connection_(std::move(connection)),
      unsent_(std::make_shared<std::atomic<int>>(0)) {}

void WebSocketSender::SendText(std::string text) const {
  unsent_->fetch_add(1, std::memory_order_relaxed);
  mailbox_->Post([connection = connection_, text = std::move(text)]() mutable {
    if (const auto alive = connection.lock()) alive->SendText(std::move(text));
  });
}

void WebSocketSender::Close(WebSocketClose code, std::string reason) const {
  mailbox_->Post([connection = connection_, code, reason = std::move(reason)] {
    if (const auto alive = connection.lock()) alive->CloseWebSocket(code, reason);
  });
}

HttpResponse AcceptWebSocket(const HttpRequest& request,
                             std::unique_ptr<WebSocketHandler> handler) {
  if (request.method != "GET") return Refused(405, "it begins with GET", {{"Allow", "GET"}});
  const bool asks = HasToken(HeaderValue(request.headers, "upgrade"), "websocket") &&
                    HasToken(HeaderValue(request.headers, "connection"), "upgrade");
  if (!asks) {
    return Refused(426, "this path speaks WebSocket, ask with Upgrade: websocket",
                   {{"Upgrade", "websocket"}, {"Sec-WebSocket-Version", std::string(kVersion)}});
  }
  if (HeaderValue(request.headers, "sec-websocket-version") != kVersion) {
    return Refused(426, "only version 13 is spoken",
                   {{"Sec-WebSocket-Version", std::string(kVersion)}});
  }
  const std::string_view key = HeaderValue(request.headers, "sec-websocket-key");
  if (!IsWebSocketKey(key)) return Refused(400, "Sec-WebSocket-Key is not the base64 of 16 bytes");
  HttpResponse response;
  response.status = 101;
  response.headers = {{"Upgrade", "websocket"}, {"Sec-WebSocket-Accept", AcceptKey(key)}};
  response.upgrade = std::move(handler);
  return response;
}

}  // namespace perigee::net
