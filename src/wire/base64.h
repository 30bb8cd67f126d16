// Base64 (RFC 4648, the standard alphabet, padded). Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace perigee::wire {

std::string EncodeBase64(std::string_view bytes);
// Empty unless the text is base64; the URL alphabet and missing padding are accepted.
std::optional<std::string> DecodeBase64(std::string_view text);

}  // namespace perigee::wire
