// Content-Encoding of bodies: gzip and deflate (the zlib format, as RFC 9110 has it).
// Pure; any thread.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace perigee::wire {

// `encoding` is the header's value: "gzip", "deflate", "identity" or empty, without regard to case.
// InvalidArgument for another encoding, broken or unfinished data, bytes after its end, or more
// than `bytes_max` when unpacked; never allocates more than about that.
Result<std::vector<std::byte>> Decompress(std::string_view encoding,
                                          std::span<const std::byte> body, std::size_t bytes_max);

// The one of "gzip", "deflate" that an Accept-Encoding header likes best; empty: send as it is.
std::string_view ChooseEncoding(std::string_view accept_encoding);

// `encoding` as ChooseEncoding gives it.
std::string Compress(std::string_view encoding, std::string_view body);

}  // namespace perigee::wire
