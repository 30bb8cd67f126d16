#include "wire/trace_context.h"

#include <algorithm>
#include <cstdint>
#include <span>

namespace perigee::wire {
namespace {

constexpr std::size_t kLength = 55;  // of version 00: "00-" 32 "-" 16 "-01"
constexpr std::string_view kDigits = "0123456789abcdef";
constexpr std::uint8_t kSampled = 1;

// Upper case is invalid, by the standard.
std::optional<std::uint8_t> Byte(std::string_view two) {
  const std::size_t high = kDigits.find(two[0]);
  const std::size_t low = kDigits.find(two[1]);
  if (high == kDigits.npos || low == kDigits.npos) return std::nullopt;
  return static_cast<std::uint8_t>(high * 16 + low);
}

// False unless `text` begins with as many bytes in hex, not all of them zero.
bool ReadId(std::string_view text, std::span<std::uint8_t> id) {
  for (std::size_t i = 0; i < id.size(); ++i) {
    const std::optional<std::uint8_t> byte = Byte(text.substr(2 * i, 2));
    if (!byte) return false;
    id[i] = *byte;
  }
  return std::ranges::any_of(id, [](std::uint8_t byte) { return byte != 0; });
}

void AppendHex(std::string& text, std::span<const std::uint8_t> bytes) {
  for (const std::uint8_t byte : bytes) {
    text += kDigits[byte >> 4U];
    text += kDigits[byte & 15U];
  }
}

}  // namespace

std::optional<task::Trace> ParseTraceparent(std::string_view text) {
  if (text.size() < kLength || text[2] != '-' || text[35] != '-' || text[52] != '-') {
    return std::nullopt;
  }
  const std::optional<std::uint8_t> version = Byte(text);
  if (!version || *version == 0xFF) return std::nullopt;
  const bool longer = text.size() > kLength;
  if (longer && (*version == 0 || text[kLength] != '-')) return std::nullopt;
  task::Trace trace;
  const std::optional<std::uint8_t> flags = Byte(text.substr(53));
  if (!flags || !ReadId(text.substr(3), trace.trace_id) ||
      !ReadId(text.substr(36), trace.span_id)) {
    return std::nullopt;
  }
  trace.sampled = (*flags & kSampled) != 0;
  return trace;
}

std::string WriteTraceparent(const task::Trace& trace) {
  if (trace.empty()) return "";
  std::string text = "00-";
  AppendHex(text, trace.trace_id);
  text += '-';
  AppendHex(text, trace.span_id);
  text += trace.sampled ? "-01" : "-00";
  return text;
}

}  // namespace perigee::wire
