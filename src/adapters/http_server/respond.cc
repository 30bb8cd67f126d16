#include "adapters/http_server/respond.h"

#include <utility>

#include "wire/content_encoding.h"
#include "wire/error.h"

namespace perigee::http_server {

net::HttpResponse Json(std::string body) {
  net::HttpResponse response;
  response.body = std::move(body);
  return response;
}

net::HttpResponse ErrorResponse(const Error& error) {
  net::HttpResponse response;
  response.status = wire::HttpStatus(error.code);
  response.body = wire::ErrorJson(error.message);
  return response;
}

void RespondJson(Exchange& exchange, Result<std::string> body) {
  exchange.respond(body ? Json(*std::move(body)) : ErrorResponse(body.error()));
}

Result<void> Unpack(net::HttpRequest& request, std::size_t body_max) {
  const std::string_view encoding = net::HeaderValue(request.headers, "content-encoding");
  if (encoding.empty()) return {};
  std::vector<std::byte> body = TRY(wire::Decompress(encoding, request.body, body_max));
  request.body = std::move(body);
  return {};
}

}  // namespace perigee::http_server
