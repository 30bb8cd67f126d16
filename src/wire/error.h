// The one table between our codes and the statuses of HTTP, and the JSON body of every error:
// {"error": "one sentence"}. Pure; any thread.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"

namespace perigee::wire {

int HttpStatus(Code code);
// The code that a client reads from a status; statuses outside the table go by their class: 4xx
// InvalidArgument, 5xx Internal.
Code CodeOfStatus(int status);

// Always valid JSON: bytes of `message` that are not UTF-8 come out as U+FFFD.
std::string ErrorJson(std::string_view message);

// The client's side: the sentence of an {"error": ...} body, or the status alone if it is none.
Error ParseError(int status, std::span<const std::byte> body);

}  // namespace perigee::wire
