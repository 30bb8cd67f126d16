// Any bytes as a frame and as an answer: refused, or read and written so that they read the same.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "base/check.h"
#include "wire/stream_frame.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace perigee;
  const std::span<const std::byte> bytes = std::as_bytes(std::span(data, size));
  wire::StreamFrame frame;
  if (wire::ParseStreamFrame(bytes, frame)) {
    CHECK(frame.picture_at <= size);
    const std::string head = wire::StreamFrameHead(frame);
    wire::StreamFrame again;
    CHECK(wire::ParseStreamFrame(std::as_bytes(std::span(head)), again).has_value());
    CHECK(again.id == frame.id && again.timestamp_us == frame.timestamp_us);
  }
  const Result<task::FrameAnswer> answer = wire::ParseFrameAnswer(bytes);
  if (answer) {
    const std::string text = wire::WriteFrameAnswer(*answer, "t", "n");
    CHECK(wire::ParseFrameAnswer(std::as_bytes(std::span(text))).has_value());
  }
  return 0;
}
