// Where a request stands in its caller's distributed trace: the ids of W3C Trace Context (level 1,
// section 3.2), read and written in wire/trace_context.h. A value.
#pragma once

#include <array>
#include <cstdint>

namespace perigee::task {

struct Trace {
  std::array<std::uint8_t, 16> trace_id{};  // all zero: the caller sent none
  std::array<std::uint8_t, 8> span_id{};    // the caller's span
  bool sampled = false;                     // the caller records, so we should

  bool empty() const { return trace_id == std::array<std::uint8_t, 16>{}; }
};

}  // namespace perigee::task
