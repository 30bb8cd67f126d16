#include "adapters/net/websocket_codec.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace perigee::net {
namespace {

using Opcode = WebSocketOpcode;

constexpr WebSocketMask kMask{0x37, 0xFA, 0x21, 0x3D};

std::span<const std::byte> Bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

std::string Text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// A client's frame.
std::string Frame(Opcode opcode, std::string payload, bool final = true) {
  std::string frame = FrameHead(opcode, payload.size(), kMask);
  if (!final) frame[0] = static_cast<char>(frame[0] & 0x7F);
  ApplyMask(std::as_writable_bytes(std::span(payload)), kMask, 0);
  return frame + payload;
}

// Feeds `bytes` in steps of at most `step`; "text:hello ping:x violation 1002".
std::string Read(std::string_view bytes, std::size_t step, std::size_t message_max = 1 << 20) {
  WebSocketReader reader({.message_max = message_max, .peer_masks = true});
  std::string said;
  const auto say = [&](const std::string& word) { said += (said.empty() ? "" : " ") + word; };
  while (!bytes.empty()) {
    const std::span<std::byte> room = reader.Unfilled();
    const std::size_t size = std::min({room.size(), step, bytes.size()});
    std::ranges::copy(Bytes(bytes.substr(0, size)), room.begin());
    reader.Filled(size);
    bytes.remove_prefix(size);
    for (;;) {
      const auto next = reader.Next();
      if (!next)
        return say("violation " + std::to_string(static_cast<int>(next.error().code))), said;
      if (!*next) break;
      const WebSocketReader::Event& event = **next;
      const std::string kind = event.opcode == Opcode::kText     ? "text:"
                               : event.opcode == Opcode::kBinary ? "binary:"
                               : event.opcode == Opcode::kPing   ? "ping:"
                               : event.opcode == Opcode::kPong   ? "pong:"
                                                                 : "close:";
      say(kind + (event.opcode == Opcode::kClose ? std::to_string(event.close_code.value_or(0))
                                                 : Text(event.payload)));
    }
  }
  return said;
}

TEST(WebSocketCodec, AcceptsTheKeyOfTheStandardsExample) {
  EXPECT_EQ(AcceptKey("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  EXPECT_TRUE(IsWebSocketKey("dGhlIHNhbXBsZSBub25jZQ=="));
  for (const char* key : {"", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZQ!=",
                          "dGhlIHNhbXBsZSBub25jZWFi", "dGhlIHNhbXBsZSBub25j=Q=="}) {
    EXPECT_FALSE(IsWebSocketKey(key)) << key;
  }
}

TEST(WebSocketCodec, ReadsTheStandardsMaskedHello) {
  EXPECT_EQ(Read("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", 100), "text:Hello");
}

TEST(WebSocketCodec, WritesWhatTheStandardShows) {
  EXPECT_EQ(FrameHead(Opcode::kText, 5, {}) + "Hello", "\x81\x05Hello");
  EXPECT_EQ(FrameHead(Opcode::kBinary, 256, {}), std::string("\x82\x7E\x01\x00", 4));
  EXPECT_EQ(FrameHead(Opcode::kBinary, 65536, {}),
            std::string("\x82\x7F\x00\x00\x00\x00\x00\x01\x00\x00", 10));
  EXPECT_EQ(ClosePayload(WebSocketClose::kGoingAway, "bye"),
            "\x03\xE9"
            "bye");
}

TEST(WebSocketCodec, MasksTheSameInOnePieceOrInMany) {
  std::string whole(1000, 'x');
  ApplyMask(std::as_writable_bytes(std::span(whole)), kMask, 3);
  std::string pieces(1000, 'x');
  const auto bytes = std::as_writable_bytes(std::span(pieces));
  ApplyMask(bytes.first(13), kMask, 3);
  ApplyMask(bytes.subspan(13), kMask, 3 + 13);
  EXPECT_EQ(pieces, whole);
}

TEST(WebSocketCodec, ReadsTheSameHoweverTheBytesArrive) {
  const std::string large(300'000, 'p');
  const std::string all = Frame(Opcode::kBinary, large) + Frame(Opcode::kText, "one") +
                          Frame(Opcode::kBinary, "fir", false) +
                          Frame(Opcode::kPing, "still there?") +
                          Frame(Opcode::kContinuation, "", false) +
                          Frame(Opcode::kContinuation, "st") + Frame(Opcode::kClose, "\x03\xE8");
  const std::string expected =
      "binary:" + large + " text:one ping:still there? binary:first close:1000";
  for (const std::size_t step : {1U, 7U, 4096U, 1'000'000U}) EXPECT_EQ(Read(all, step), expected);
}

TEST(WebSocketCodec, TakesUpBytesThatCameWithTheRequest) {
  WebSocketReader reader({.message_max = 100, .peer_masks = true});
  reader.Feed(Bytes(Frame(Opcode::kText, "early")));
  const auto next = reader.Next();
  ASSERT_TRUE(next.has_value() && next->has_value());
  EXPECT_EQ(Text((*next)->payload), "early");
}

TEST(WebSocketCodec, RefusesWhatBreaksTheProtocol) {
  const std::string unmasked = FrameHead(Opcode::kText, 1, {}) + "x";
  std::string reserved = Frame(Opcode::kText, "x");
  reserved[0] = static_cast<char>(reserved[0] | 0x40);
  for (const std::string& bytes :
       {unmasked, reserved, Frame(static_cast<Opcode>(3), "x"), Frame(Opcode::kPing, "x", false),
        Frame(Opcode::kPing, std::string(126, 'x')), Frame(Opcode::kContinuation, "x"),
        Frame(Opcode::kText, "x", false) + Frame(Opcode::kText, "y"), Frame(Opcode::kClose, "x"),
        Frame(Opcode::kClose, std::string("\x03\xEC", 2))}) {
    EXPECT_EQ(Read(bytes, 100), "violation 1002");
  }
}

TEST(WebSocketCodec, BoundsAMessageWithAllItsFragments) {
  EXPECT_EQ(Read(Frame(Opcode::kBinary, std::string(10, 'x')), 100, 10), "binary:xxxxxxxxxx");
  EXPECT_EQ(Read(Frame(Opcode::kBinary, std::string(11, 'x')), 100, 10), "violation 1009");
  EXPECT_EQ(
      Read(Frame(Opcode::kBinary, "123456", false) + Frame(Opcode::kContinuation, "78901"), 99, 10),
      "violation 1009");
}

TEST(WebSocketCodec, ALengthAloneAllocatesLittle) {
  WebSocketReader reader({.message_max = std::size_t{1} << 40, .peer_masks = true});
  reader.Feed(Bytes(FrameHead(Opcode::kBinary, std::size_t{1} << 39, kMask)));
  const auto next = reader.Next();
  ASSERT_TRUE(next.has_value());
  EXPECT_FALSE(next->has_value());
  (void)reader.Unfilled();
  EXPECT_LT(reader.held_bytes(), std::size_t{1} << 20);
}

}  // namespace
}  // namespace perigee::net
