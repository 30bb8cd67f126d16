// Any bytes as the frames of a client: refused or taken apart, the same however they arrive, never
// a message over the limit. The first byte says how large the reads are.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "adapters/net/websocket_codec.h"
#include "base/check.h"

namespace perigee::net {
namespace {

constexpr std::size_t kMessageMax = 1024;

// What came out, as text that two ways of reading can be compared by.
std::string Read(std::span<const std::byte> bytes, std::size_t read_max) {
  WebSocketReader reader({.message_max = kMessageMax, .peer_masks = true});
  std::string said;
  while (!bytes.empty()) {
    const std::span<std::byte> room = reader.Unfilled();
    CHECK(!room.empty());
    const std::size_t size = std::min({room.size(), read_max, bytes.size()});
    std::copy_n(bytes.begin(), size, room.begin());
    reader.Filled(size);
    bytes = bytes.subspan(size);
    for (;;) {
      const auto next = reader.Next();
      if (!next) return said + "violation " + std::to_string(static_cast<int>(next.error().code));
      if (!*next) break;
      const WebSocketReader::Event& event = **next;
      CHECK(event.payload.size() <= kMessageMax);
      said += std::to_string(static_cast<int>(event.opcode)) + ' ';
      said.append(reinterpret_cast<const char*>(event.payload.data()), event.payload.size());
      if (event.opcode == WebSocketOpcode::kClose) return said;
    }
  }
  return said;
}

}  // namespace
}  // namespace perigee::net

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace perigee::net;
  if (size == 0) return 0;
  const std::span<const std::byte> bytes = std::as_bytes(std::span(data + 1, size - 1));
  CHECK(Read(bytes, std::size_t{1} + data[0]) == Read(bytes, bytes.size()));
  return 0;
}
