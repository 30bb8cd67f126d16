#include "adapters/net/websocket_client.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <poll.h>

#include <array>
#include <utility>
#include <vector>

#include "adapters/net/client_socket.h"
#include "adapters/net/http_parser.h"
#include "adapters/net/tls_client.h"
#include "adapters/net/url.h"
#include "adapters/net/websocket_codec.h"

namespace perigee::net {
namespace {

constexpr std::size_t kHeadMax = std::size_t{16} << 10;
constexpr std::size_t kErrorBodyMax = std::size_t{64} << 10;

Result<std::string> RandomKey() {
  std::array<std::uint8_t, 16> bytes{};
  if (RAND_bytes(bytes.data(), bytes.size()) != 1) return Fail(Internal("no random numbers"));
  std::string key(25, '\0');  // 24 and the terminator that OpenSSL writes
  EVP_EncodeBlock(reinterpret_cast<std::uint8_t*>(key.data()), bytes.data(), bytes.size());
  key.resize(24);
  return key;
}

// The code of a status, as wire/error has it; this room knows no more than the classes.
Error RefusedUpgrade(int status) {
  const std::string why = fmt::format("the node answered {} instead of an upgrade", status);
  if (status == 404) return NotFound(why);
  if (status == 429 || status == 503) return Unavailable(why);
  return status < 500 ? InvalidArgument(why) : Internal(why);
}

}  // namespace

class WebSocketClient::Connection {
 public:
  Connection(const WebSocketClientOptions& options, std::unique_ptr<TlsTrust> trust,
             std::unique_ptr<Waiter> waiter)
      : options_(options),
        trust_(std::move(trust)),
        waiter_(std::move(waiter)),
        reader_({.message_max = options.message_max, .peer_masks = false}) {}

  Result<void> Open(const Url& url, const std::string& target, const task::Context& context) {
    waiter_->Arm(context);
    const TimePoint until =
        DeadlineAfter(std::chrono::steady_clock::now(), options_.connect_timeout);
    socket_ = TRY(ClientSocket::Connect(url, trust_.get(), *waiter_, options_.connect_timeout));
    const std::string key = TRY(RandomKey());
    unsent_ = fmt::format(
        "GET {} HTTP/1.1\r\nHost: {}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {}\r\n\r\n",
        target, HostAndPort(url.host, url.port), key);
    const std::string head = TRY(ReceiveHead(until));
    if (head.contains(AcceptKey(key))) return {};
    return Fail(Unavailable("the node did not prove that it understood the upgrade"));
  }

  Result<void> Send(WebSocketOpcode opcode, std::span<const std::byte> first,
                    std::span<const std::byte> second) {
    WebSocketMask mask{};
    if (RAND_bytes(mask.data(), mask.size()) != 1) return Fail(Internal("no random numbers"));
    Compact();
    unsent_ += FrameHead(opcode, first.size() + second.size(), mask);
    std::size_t offset = 0;
    for (const std::span<const std::byte> part : {first, second}) {
      const std::size_t at = unsent_.size();
      unsent_.append(reinterpret_cast<const char*>(part.data()), part.size());
      ApplyMask(std::as_writable_bytes(std::span(unsent_).subspan(at)), mask, offset);
      offset += part.size();
    }
    return Write();
  }

  Result<std::optional<std::string>> Receive(TimePoint until) {
    for (;;) {
      WebSocketReader::Step next = reader_.Next();
      if (!next)
        return Fail(Unavailable("the node broke the protocol: " + std::string(next.error().why)));
      if (*next) {
        std::optional<std::string> message = TRY(Take(**next));
        if (message) return message;
        continue;
      }
      TRY(Write());
      const bool in_time = TRY(ReadOrWait(until));
      if (!in_time) return std::nullopt;
    }
  }

  Result<void> Close() {
    if (std::exchange(closing_, true)) return {};
    const std::string payload = ClosePayload(WebSocketClose::kNormal, "");
    return Send(WebSocketOpcode::kClose, std::as_bytes(std::span(payload)), {});
  }

  std::size_t unsent_bytes() const { return unsent_.size() - sent_; }
  std::uint64_t bytes_sent() const { return bytes_sent_; }

 private:
  void Compact() { unsent_.erase(0, std::exchange(sent_, 0)); }

  // As much as the socket takes now.
  Result<void> Write() {
    while (unsent_bytes() > 0) {
      const auto rest = std::as_bytes(std::span(unsent_)).subspan(sent_);
      const IoStep step = socket_->Write(rest, {});
      if (step.outcome == IoStep::Outcome::kFailed) return Fail(Unavailable(step.why));
      if (step.outcome == IoStep::Outcome::kEnded) return Fail(Unavailable("the node has left"));
      if (step.outcome != IoStep::Outcome::kMoved) return {};
      sent_ += step.bytes;
      bytes_sent_ += step.bytes;
    }
    Compact();
    return {};
  }

  // False: `until` came first.
  Result<bool> ReadOrWait(TimePoint until) {
    const IoStep step = socket_->Read(reader_.Unfilled());
    switch (step.outcome) {
      case IoStep::Outcome::kMoved:
        reader_.Filled(step.bytes);
        return true;
      case IoStep::Outcome::kEnded:
        return Fail(Unavailable("the node closed the connection"));
      case IoStep::Outcome::kFailed:
        return Fail(Unavailable(step.why));
      case IoStep::Outcome::kWantsRead:
      case IoStep::Outcome::kWantsWrite:
        break;
    }
    const bool writes = unsent_bytes() > 0 || step.outcome == IoStep::Outcome::kWantsWrite;
    const Result<short> ready =
        socket_->Await(static_cast<short>(writes ? POLLIN | POLLOUT : POLLIN), until);
    if (ready) return true;
    if (ready.error().code == Code::kUnavailable) return false;
    return Fail(ready.error());
  }

  // The text that the event is, if it is one.
  Result<std::optional<std::string>> Take(const WebSocketReader::Event& event) {
    const std::string_view text(reinterpret_cast<const char*>(event.payload.data()),
                                event.payload.size());
    switch (event.opcode) {
      case WebSocketOpcode::kText:
      case WebSocketOpcode::kBinary:
        return std::string(text);
      case WebSocketOpcode::kPing:
        TRY(Send(WebSocketOpcode::kPong, event.payload, {}));
        return std::nullopt;
      case WebSocketOpcode::kClose: {
        const Result<void> echoed = Close();  // whether it still takes it or not
        return Fail(Unavailable(fmt::format(
            "the node closed the stream: {} {}{}", event.close_code.value_or(1005),
            text.substr(std::min<std::size_t>(text.size(), 2)), echoed ? "" : " and left")));
      }
      case WebSocketOpcode::kPong:
      case WebSocketOpcode::kContinuation:
        return std::nullopt;
    }
    return std::nullopt;
  }

  // The head of a 101. What came after it is the reader's.
  Result<std::string> ReceiveHead(TimePoint until) {
    std::vector<std::byte> chunk(kHeadMax);
    std::string head;
    for (std::size_t end = std::string::npos; end == std::string::npos;) {
      TRY(Write());
      const IoStep step = socket_->Read(std::span(chunk).first(kHeadMax - head.size()));
      if (step.outcome == IoStep::Outcome::kMoved) {
        head.append(reinterpret_cast<const char*>(chunk.data()), step.bytes);
        end = head.find("\r\n\r\n");
        if (end == std::string::npos && head.size() == kHeadMax) {
          return Fail(Unavailable("the node's answer has no end"));
        }
      } else if (step.outcome == IoStep::Outcome::kEnded ||
                 step.outcome == IoStep::Outcome::kFailed) {
        return Fail(Unavailable("the node closed the connection"));
      } else {
        const bool writes = unsent_bytes() > 0 || step.outcome == IoStep::Outcome::kWantsWrite;
        TRY(socket_->Await(static_cast<short>(writes ? POLLIN | POLLOUT : POLLIN), until));
      }
    }
    if (!head.starts_with("HTTP/1.1 101 ")) return Fail(RefusalIn(head));
    const std::size_t end = head.find("\r\n\r\n") + 4;
    reader_.Feed(std::as_bytes(std::span(head)).subspan(end));
    return head.substr(0, end);
  }

  static Error RefusalIn(const std::string& head) {
    ResponseParser parser(kErrorBodyMax, false);
    const Result<std::size_t> used = parser.Feed(std::as_bytes(std::span(head)));
    if (!used) return used.error();
    const HttpResponse response = parser.Take();
    Error error = RefusedUpgrade(response.status);
    if (!response.body.empty()) error.message += ": " + response.body;
    return error;
  }

  const WebSocketClientOptions options_;
  const std::unique_ptr<TlsTrust> trust_;  // null: clear text
  const std::unique_ptr<Waiter> waiter_;
  std::unique_ptr<ClientSocket> socket_;
  WebSocketReader reader_;
  std::string unsent_;  // from sent_ on
  std::size_t sent_ = 0;
  bool closing_ = false;
  std::uint64_t bytes_sent_ = 0;
};

WebSocketClient::WebSocketClient(std::unique_ptr<Connection> connection)
    : connection_(std::move(connection)) {}
WebSocketClient::~WebSocketClient() = default;

Result<std::unique_ptr<WebSocketClient>> WebSocketClient::Open(
    std::string_view url, const std::string& target, const WebSocketClientOptions& options,
    const task::Context& context) {
  const Url parsed = TRY(ParseUrl(url));
  if (!target.starts_with('/') || target.find_first_of(" \t\r\n") != std::string::npos) {
    return Fail(InvalidArgument("open web socket: the target is malformed"));
  }
  std::unique_ptr<TlsTrust> trust;
  if (parsed.tls) trust = TRY(TlsTrust::Open(options.ca_file));
  std::unique_ptr<Waiter> waiter = TRY(Waiter::Open());
  auto connection = std::make_unique<Connection>(options, std::move(trust), std::move(waiter));
  const Result<void> opened = connection->Open(parsed, target, context);
  if (opened) {
    return std::unique_ptr<WebSocketClient>(new WebSocketClient(std::move(connection)));
  }
  return Fail(Error(opened.error())
                  .Within(fmt::format("open web socket {}{}", HostAndPort(parsed.host, parsed.port),
                                      target)));
}

Result<void> WebSocketClient::Send(std::span<const std::byte> first,
                                   std::span<const std::byte> second) {
  return connection_->Send(WebSocketOpcode::kBinary, first, second);
}
std::size_t WebSocketClient::unsent_bytes() const { return connection_->unsent_bytes(); }
Result<std::optional<std::string>> WebSocketClient::Receive(TimePoint until) {
  return connection_->Receive(until);
}
Result<void> WebSocketClient::Close() { return connection_->Close(); }
std::uint64_t WebSocketClient::bytes_sent() const { return connection_->bytes_sent(); }

}  // namespace perigee::net
