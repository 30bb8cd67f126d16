#include "adapters/net/websocket_codec.h"

#include <openssl/evp.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace perigee::net {
namespace {

constexpr std::string_view kAcceptSalt = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
constexpr std::size_t kKeyBytes = 16;
constexpr std::size_t kKeyText = 24;
constexpr std::size_t kControlMax = 125;
// Read at once between payloads: some heads, and whole small messages.
constexpr std::size_t kChunk = std::size_t{4} << 10;
// What a frame's length alone may make us allocate; the rest follows the bytes.
constexpr std::size_t kStep = std::size_t{128} << 10;
// The first two bytes of a frame, and the lengths that say "it follows in two, in eight bytes".
constexpr unsigned kFinal = 0x80;
constexpr unsigned kReserved = 0x70;
constexpr unsigned kOpcode = 0x0F;
constexpr unsigned kMasked = 0x80;
constexpr unsigned kShortLength = 0x7F;
constexpr unsigned kTwoBytes = 126;
constexpr unsigned kEightBytes = 127;

std::string Base64(std::span<const std::uint8_t> bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int length = EVP_EncodeBlock(reinterpret_cast<std::uint8_t*>(text.data()), bytes.data(),
                                     static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(length));
  return text;
}

bool IsControl(WebSocketOpcode opcode) { return opcode >= WebSocketOpcode::kClose; }

bool IsKnown(WebSocketOpcode opcode) {
  return opcode <= WebSocketOpcode::kBinary ||
         (opcode >= WebSocketOpcode::kClose && opcode <= WebSocketOpcode::kPong);
}

std::uint64_t BigEndian(std::span<const std::byte> bytes) {
  std::uint64_t value = 0;
  for (const std::byte byte : bytes) value = value << 8U | std::to_integer<std::uint64_t>(byte);
  return value;
}

void AppendBigEndian(std::string& head, std::uint64_t value, unsigned bytes) {
  while (bytes-- > 0) head.push_back(static_cast<char>(value >> (8U * bytes)));
}

// Codes that a close frame may carry (section 7.4).
bool IsCloseCode(std::uint64_t code) {
  return (code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006) ||
         (code >= 3000 && code <= 4999);
}

}  // namespace

std::string AcceptKey(std::string_view key) {
  const std::string salted = std::string(key) + std::string(kAcceptSalt);
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(salted.data(), salted.size(), digest.data(), &size, EVP_sha1(), nullptr);
  return Base64(std::span(digest).first(size));
}

bool IsWebSocketKey(std::string_view key) {
  if (key.size() != kKeyText) return false;
  std::array<std::uint8_t, kKeyBytes + 2> bytes{};
  const int decoded = EVP_DecodeBlock(
      bytes.data(), reinterpret_cast<const std::uint8_t*>(key.data()), static_cast<int>(kKeyText));
  return decoded == kKeyBytes + 2 && key.ends_with("==") && !key.substr(0, 22).contains('=');
}

void ApplyMask(std::span<std::byte> payload, const WebSocketMask& mask, std::size_t offset) {
  // Eight bytes at a time: a camera's frame is some 50 kB.
  std::array<std::uint8_t, 8> turned{};
  for (std::size_t i = 0; i < turned.size(); ++i) turned[i] = mask[(offset + i) % mask.size()];
  std::uint64_t wide = 0;
  std::memcpy(&wide, turned.data(), sizeof wide);
  std::size_t at = 0;
  for (; at + sizeof wide <= payload.size(); at += sizeof wide) {
    std::uint64_t block = 0;
    std::memcpy(&block, payload.data() + at, sizeof block);
    block ^= wide;
    std::memcpy(payload.data() + at, &block, sizeof block);
  }
  for (; at < payload.size(); ++at) payload[at] ^= std::byte{turned[at % turned.size()]};
}

std::string FrameHead(WebSocketOpcode opcode, std::size_t length,
                      const std::optional<WebSocketMask>& mask) {
  const unsigned masked = mask ? kMasked : 0;
  std::string head(1, static_cast<char>(kFinal | static_cast<unsigned>(opcode)));
  if (length <= kControlMax) {
    head.push_back(static_cast<char>(masked | length));
  } else if (length <= 0xFFFF) {
    head.push_back(static_cast<char>(masked | kTwoBytes));
    AppendBigEndian(head, length, 2);
  } else {
    head.push_back(static_cast<char>(masked | kEightBytes));
    AppendBigEndian(head, length, 8);
  }
  if (mask) head.append(mask->begin(), mask->end());
  return head;
}

std::string ClosePayload(WebSocketClose code, std::string_view reason) {
  std::string payload;
  AppendBigEndian(payload, static_cast<std::uint16_t>(code), 2);
  return payload.append(reason.substr(0, kControlMax - 2));
}

WebSocketReader::WebSocketReader(const WebSocketLimits& limits) : limits_(limits), chunk_(kChunk) {}

std::span<std::byte> WebSocketReader::Unfilled() {
  if (ReadsStraight()) return Room();
  std::copy(chunk_.begin() + static_cast<std::ptrdiff_t>(begin_),
            chunk_.begin() + static_cast<std::ptrdiff_t>(end_), chunk_.begin());
  end_ -= begin_;
  begin_ = 0;
  return std::span(chunk_).subspan(end_);
}

void WebSocketReader::Filled(std::size_t bytes) {
  if (ReadsStraight()) return Take(bytes);
  end_ += bytes;
}

void WebSocketReader::Feed(std::span<const std::byte> bytes) {
  chunk_.resize(end_);
  chunk_.insert(chunk_.end(), bytes.begin(), bytes.end());
  end_ = chunk_.size();
  chunk_.resize(std::max(chunk_.size(), kChunk));
}

WebSocketReader::Step WebSocketReader::Next() {
  for (;;) {
    if (!head_) {
      const auto complete = ReadHead();
      if (!complete) return std::unexpected(complete.error());
      if (!*complete) return std::nullopt;
    }
    TakeFromChunk();
    if (taken_ < head_->length) return std::nullopt;
    auto event = EndFrame();
    if (!event || *event) return event;
  }
}

// True once a whole head was there.
std::expected<bool, WebSocketReader::Violation> WebSocketReader::ReadHead() {
  const auto bytes = std::span<const std::byte>(chunk_).subspan(begin_, end_ - begin_);
  if (bytes.size() < 2) return false;
  const auto first = std::to_integer<unsigned>(bytes[0]);
  const auto second = std::to_integer<unsigned>(bytes[1]);
  const bool masked = (second & kMasked) != 0;
  const std::size_t length = second & kShortLength;
  const std::size_t wide = length == kEightBytes ? 8 : length == kTwoBytes ? 2 : 0;
  const std::size_t size = 2 + wide + (masked ? sizeof(WebSocketMask) : 0);
  if (bytes.size() < size) return false;
  Head head{.opcode = static_cast<WebSocketOpcode>(first & kOpcode),
            .final = (first & kFinal) != 0,
            .mask = {},
            .length = wide == 0 ? length : BigEndian(bytes.subspan(2, wide))};
  if (masked) std::memcpy(head.mask.data(), bytes.data() + 2 + wide, head.mask.size());
  const auto checked = Check(head, first & kReserved, masked);
  if (!checked) return std::unexpected(checked.error());
  begin_ += size;
  Begin(head);
  return true;
}

std::expected<void, WebSocketReader::Violation> WebSocketReader::Check(const Head& head,
                                                                       unsigned reserved,
                                                                       bool masked) const {
  const auto refuse = [](std::string_view why) {
    return std::unexpected(Violation{WebSocketClose::kProtocolError, why});
  };
  if (reserved != 0) return refuse("a reserved bit is set, and no extension was agreed");
  if (!IsKnown(head.opcode)) return refuse("the opcode is reserved");
  if (masked != limits_.peer_masks) {
    return refuse(masked ? "a server masks nothing" : "a client masks every frame");
  }
  if (IsControl(head.opcode)) {
    if (!head.final || head.length > kControlMax)
      return refuse("a control frame is short and whole");
    return {};
  }
  if ((head.opcode == WebSocketOpcode::kContinuation) != in_message_) {
    return refuse("a message begins inside another, or continues none");
  }
  if (head.length <= limits_.message_max - fragments_) return {};
  return std::unexpected(Violation{WebSocketClose::kMessageTooBig, "the message is too large"});
}

void WebSocketReader::Begin(const Head& head) {
  head_ = head;
  taken_ = 0;
  if (IsControl(head.opcode)) {
    control_.resize(head.length);
  } else if (!in_message_) {
    kind_ = head.opcode;
    in_message_ = true;
  }
}

// Where more of the payload goes; never empty while some is missing.
std::span<std::byte> WebSocketReader::Room() {
  if (IsControl(head_->opcode)) return std::span(control_).subspan(taken_);
  const std::size_t end = fragments_ + head_->length;
  if (message_.size() == fragments_ + taken_) {
    message_.resize(std::min(end, std::max(fragments_ + kStep, message_.size() * 2)));
  }
  return std::span(message_).first(std::min(end, message_.size())).subspan(fragments_ + taken_);
}

void WebSocketReader::Take(std::size_t bytes) {
  ApplyMask(Room().first(bytes), head_->mask, taken_);
  taken_ += bytes;
}

void WebSocketReader::TakeFromChunk() {
  while (begin_ < end_ && taken_ < head_->length) {
    const std::span<std::byte> room = Room();
    const std::size_t bytes = std::min(room.size(), end_ - begin_);
    std::memcpy(room.data(), chunk_.data() + begin_, bytes);
    begin_ += bytes;
    Take(bytes);
  }
}

WebSocketReader::Step WebSocketReader::EndFrame() {
  const Head head = *std::exchange(head_, std::nullopt);
  if (IsControl(head.opcode)) {
    Event event{head.opcode, std::exchange(control_, {}), {}};
    if (head.opcode == WebSocketOpcode::kClose) return EndClose(std::move(event));
    return event;
  }
  fragments_ += head.length;
  if (!head.final) return std::nullopt;
  in_message_ = false;
  message_.resize(std::exchange(fragments_, 0));
  return Event{kind_, std::exchange(message_, {}), {}};
}

WebSocketReader::Step WebSocketReader::EndClose(Event event) {
  if (event.payload.empty()) return event;
  const auto refused = Violation{WebSocketClose::kProtocolError, "the close code is no such code"};
  if (event.payload.size() < 2) return std::unexpected(refused);
  const std::uint64_t code = BigEndian(std::span(event.payload).first(2));
  if (!IsCloseCode(code)) return std::unexpected(refused);
  event.close_code = static_cast<std::uint16_t>(code);
  return event;
}

}  // namespace perigee::net
