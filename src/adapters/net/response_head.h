// Status line and header fields of an answer, as bytes. Pure; any thread.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/net/http.h"

namespace perigee::net {

enum class AfterAnswer { kKeepAlive, kClose };

struct ResponseFraming {
  AfterAnswer after = AfterAnswer::kKeepAlive;
  bool is_http_1_0 = false;  // such a client keeps the connection only if told so
  std::optional<std::chrono::sys_seconds> date = {};  // none: no Date field
};

// Length, connection and date are the listener's to say, so fields of those names in `response`
// are left out. Line breaks in a field become spaces: a value from outside cannot add a field.
std::string ResponseHead(const HttpResponse& response, const ResponseFraming& framing);

// For `date`.
std::chrono::sys_seconds DateNow();

// 1xx, 204 and 304 have neither body nor length.
bool StatusHasBody(int status);

// The handler asks to close after this answer: "Connection: close".
bool AsksToClose(const HttpResponse& response);

}  // namespace perigee::net
