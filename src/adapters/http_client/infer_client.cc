#include "adapters/http_client/infer_client.h"

#include <charconv>
#include <optional>
#include <span>
#include <utility>

#include "adapters/http_client/terms.h"
#include "wire/error.h"
#include "wire/oip_metadata.h"
#include "wire/oip_response.h"

namespace perigee::http_client {
namespace {

constexpr std::string_view kJsonLength = "Inference-Header-Content-Length";

std::span<const std::byte> Bytes(const std::string& text) { return std::as_bytes(std::span(text)); }

std::string ModelPath(std::string_view model, std::string_view version) {
  std::string path = "/v2/models/" + std::string(model);
  if (!version.empty()) path += "/versions/" + std::string(version);
  return path;
}

std::optional<std::size_t> JsonLength(const net::HttpResponse& response) {
  const std::string_view text = net::HeaderValue(response.headers, kJsonLength);
  std::size_t length = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  if (error != std::errc()) return std::nullopt;
  return length;
}

}  // namespace

Result<std::unique_ptr<InferClient>> InferClient::Open(std::string_view url,
                                                       const net::HttpClientOptions& options) {
  std::unique_ptr<net::HttpClient> client = TRY(net::HttpClient::Open(url, options));
  return std::unique_ptr<InferClient>(new InferClient(std::move(client)));
}

Result<wire::InferResponse> InferClient::Infer(const wire::InferRequest& request,
                                               const task::Context& context) {
  const wire::EncodedBody encoded = wire::WriteInferRequest(request);
  net::ClientRequest http;
  http.method = "POST";
  http.target = ModelPath(request.model_name, request.model_version) + "/infer";
  http.headers = {{"Content-Type", "application/octet-stream"}};
  if (encoded.json_length) {
    http.headers.emplace_back(kJsonLength, std::to_string(*encoded.json_length));
  }
  AddTerms(context, http.headers);
  http.body = Bytes(encoded.body);
  load_ = {};
  const net::HttpResponse response = TRY(client_->Send(http, context));
  load_ = LoadOf(response);
  if (response.status != 200) return Fail(wire::ParseError(response.status, Bytes(response.body)));
  return wire::ParseInferResponse(Bytes(response.body), JsonLength(response));
}

Result<model::Description> InferClient::Describe(std::string_view model,
                                                 const task::Context& context) {
  net::ClientRequest http;
  http.target = ModelPath(model, "");
  const net::HttpResponse response = TRY(client_->Send(http, context));
  if (response.status != 200) return Fail(wire::ParseError(response.status, Bytes(response.body)));
  return wire::ParseModelMetadata(Bytes(response.body));
}

}  // namespace perigee::http_client
