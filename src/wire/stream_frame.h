// The messages of a stream (api/stream.md): a camera's frame in, its answer out. Bytes to values
// and back, for both ends. Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "task/session.h"

namespace perigee::wire {

inline constexpr std::size_t kStreamHeaderMax = 4096;  // bytes of its JSON

struct StreamFrame {
  std::optional<std::uint64_t> id;  // none: the node counts
  std::int64_t timestamp_us = 0;
  std::optional<Duration> budget;  // remaining when the message has come; never negative
  std::size_t picture_at = 0;      // where in the message the picture begins
};

// A u32 little-endian header length, the JSON header, the picture; or a picture alone, whose first
// bytes are no such length. On an error `frame` has what could be read until then.
Result<void> ParseStreamFrame(std::span<const std::byte> message, StreamFrame& frame);
// The client's side: what goes before the picture.
std::string StreamFrameHead(const StreamFrame& frame);

// {"id", "timestamp_us", "outcome", "queued_ms", "compute_ms", "next" where something is predicted,
// then "answer" as the task API has it, or "status"
// (as HTTP's) and "error"}. `task` and `node` stand in the answer.
std::string WriteFrameAnswer(const task::FrameAnswer& answer, const std::string& task,
                             const std::string& node);
// The client's side. InvalidArgument for what is no such message.
Result<task::FrameAnswer> ParseFrameAnswer(std::span<const std::byte> message);

}  // namespace perigee::wire
