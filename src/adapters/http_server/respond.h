// Answers in the shapes that every route uses. Any thread.
#pragma once

#include <string>

#include "adapters/http_server/router.h"
#include "adapters/net/http.h"
#include "base/error.h"
#include "base/result.h"

namespace perigee::http_server {

net::HttpResponse Json(std::string body);
// The status from wire/error's table, the body {"error": "one sentence"}.
net::HttpResponse ErrorResponse(const Error& error);

// Answers with the value, or with the error in its place.
void RespondJson(Exchange& exchange, Result<std::string> body);

// Replaces the body by its unpacked form if Content-Encoding asks for it.
Result<void> Unpack(net::HttpRequest& request, std::size_t body_max);

}  // namespace perigee::http_server
