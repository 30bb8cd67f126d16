// RFC 6455 as bytes: the upgrade's key, frames and their masks, and a reader that puts messages
// together. The same code serves both ends; no sockets. Not thread-safe.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/net/websocket.h"

namespace perigee::net {

using WebSocketMask = std::array<std::uint8_t, 4>;

enum class WebSocketOpcode : std::uint8_t {
  kContinuation = 0,
  kText = 1,
  kBinary = 2,
  kClose = 8,
  kPing = 9,
  kPong = 10,
};

// What Sec-WebSocket-Accept says to a Sec-WebSocket-Key (section 4.2.2).
std::string AcceptKey(std::string_view key);
// Is it the base64 of 16 bytes?
bool IsWebSocketKey(std::string_view key);

// XOR with the mask; `offset` is where in its frame's payload the first byte stands.
void ApplyMask(std::span<std::byte> payload, const WebSocketMask& mask, std::size_t offset);

// One unfragmented frame's bytes before its payload; 14 at most. A client gives a mask, and masks
// the payload itself.
std::string FrameHead(WebSocketOpcode opcode, std::size_t length,
                      const std::optional<WebSocketMask>& mask);
// What a close frame's payload holds.
std::string ClosePayload(WebSocketClose code, std::string_view reason);

struct WebSocketLimits {
  std::size_t message_max = 0;  // bytes, of all fragments together
  bool peer_masks = false;      // true on the server's end
};

// Bytes are read into Unfilled(), told by Filled(), and taken out as events by Next() until there
// are none. The payload of a large frame is read straight into its message.
class WebSocketReader {
 public:
  struct Event {
    WebSocketOpcode opcode = WebSocketOpcode::kText;  // never kContinuation
    std::vector<std::byte> payload;
    std::optional<std::uint16_t> close_code = {};  // of kClose, if it says one
  };
  struct Violation {
    WebSocketClose code = WebSocketClose::kProtocolError;
    std::string_view why;
  };

  using Step = std::expected<std::optional<Event>, Violation>;

  explicit WebSocketReader(const WebSocketLimits& limits);

  std::span<std::byte> Unfilled();
  void Filled(std::size_t bytes);
  // Bytes that were read before there was a reader. Copies.
  void Feed(std::span<const std::byte> bytes);
  // Empty: more bytes are needed. After a violation, or a kClose, the reader is of no further use.
  Step Next();

  // Memory that messages under way hold.
  std::size_t held_bytes() const { return message_.size() + control_.size() + chunk_.size(); }

 private:
  struct Head {
    WebSocketOpcode opcode{};
    bool final = false;
    WebSocketMask mask{};
    std::size_t length = 0;
  };
  std::expected<bool, Violation> ReadHead();
  std::expected<void, Violation> Check(const Head& head, unsigned reserved, bool masked) const;
  void Begin(const Head& head);
  bool ReadsStraight() const { return head_ && begin_ == end_ && taken_ < head_->length; }
  std::span<std::byte> Room();
  void Take(std::size_t bytes);
  void TakeFromChunk();
  Step EndFrame();
  Step EndClose(Event event);

  const WebSocketLimits limits_;
  std::vector<std::byte> chunk_;  // bytes read and not parsed: [begin_, end_)
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::optional<Head> head_;        // of the frame under way
  std::size_t taken_ = 0;           // bytes of its payload that have come
  std::vector<std::byte> control_;  // payload of a control frame, 125 bytes at most
  std::vector<std::byte> message_;  // grows ahead of what has come
  std::size_t fragments_ = 0;       // bytes in it of the frames before this one
  WebSocketOpcode kind_{};          // of the message under way
  bool in_message_ = false;         // a frame of it has come, and more will
};

}  // namespace perigee::net
