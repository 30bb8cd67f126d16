// Options and payloads as browsers send them: query strings and multipart/form-data (RFC 7578).
// Counts, names and values are bounded. Pure; any thread.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "task/task.h"

namespace perigee::wire {

inline constexpr std::size_t kOptionsMax = 32;             // of one request
inline constexpr std::size_t kOptionNameBytesMax = 64;     // decoded
inline constexpr std::size_t kOptionValueBytesMax = 1024;  // decoded
inline constexpr std::size_t kPartsMax = 33;               // of one form: the payload and options

// "min_score=0.5&faces_max=3", percent-decoded, + as space. InvalidArgument for a name given twice,
// a broken escape, bytes that are not UTF-8, or anything over the bounds above.
Result<task::Options> ParseQuery(std::string_view query);
// The client's side; what needs escaping is escaped. No leading question mark.
std::string WriteQuery(const task::Options& options);

// "image/jpeg" of "Image/JPEG; q=1": lower case, without parameters.
std::string MediaType(std::string_view content_type);

// The first part that has a file name or an image/ type is the payload and borrows `body`; other
// parts are options. `content_type` is the header's whole value, with its boundary.
// InvalidArgument if there is no such part or the form is malformed.
Result<task::Payload> ParseMultipart(std::span<const std::byte> body,
                                     std::string_view content_type);

}  // namespace perigee::wire
