#include "adapters/net/http_parser.h"

#include <fmt/format.h>

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/basic_parser.hpp>

namespace perigee::net {
namespace {

namespace beast = boost::beast;
using beast::error_code;
using HttpError = beast::http::error;

// Vectors of thousands of tiny headers cost more than their bytes.
constexpr std::size_t kFieldsMax = 100;
constexpr std::uint32_t kResponseHeaderMax = 64 * 1024;

// Beast asserts that the last chunk, seen a second time, has grown to "0\r\n\r\n". At least that
// much is still to come of any chunked message that is not done, so waiting for it loses nothing.
constexpr std::size_t kChunkedRestMin = 5;

template <typename Message>
bool WaitsForMore(const Message& message, std::span<const std::byte> bytes) {
  return message.is_header_done() && message.chunked() && bytes.size() < kChunkedRestMin &&
         !bytes.empty() && bytes.front() == std::byte{'0'};
}

std::string_view View(beast::string_view text) { return {text.data(), text.size()}; }

// "http://host/path" is how a proxy writes "/path".
std::string_view WithoutAuthority(std::string_view target) {
  const std::size_t scheme_end = target.find("://");
  if (target.starts_with('/') || scheme_end == std::string_view::npos) return target;
  const std::size_t path = target.find_first_of("/?", scheme_end + 3);
  return path == std::string_view::npos ? std::string_view("/") : target.substr(path);
}

Refusal ToRefusal(const error_code& error, const RequestLimits& limits) {
  if (error == HttpError::header_limit) {
    return {431, fmt::format("the header is larger than {} bytes", limits.header_max)};
  }
  if (error == HttpError::body_limit) {
    return {413, fmt::format("the body is larger than {} bytes", limits.body_max)};
  }
  if (error == HttpError::bad_version) return {505, "only HTTP/1.0 and HTTP/1.1 are spoken here"};
  return {400, error.message()};
}

}  // namespace

class RequestParser::Message final : public beast::http::basic_parser<true> {
 public:
  explicit Message(const RequestLimits& limits) : limits_(limits) {
    header_limit(static_cast<std::uint32_t>(limits.header_max));
    body_limit(limits.body_max);
  }

  // A refusal of ours, which Beast's error codes have no word for.
  std::optional<Refusal> refusal;
  bool expects_continue = false;
  bool version_1_0 = false;
  std::unique_ptr<HttpRequest> request = std::make_unique<HttpRequest>();
  const RequestLimits& limits() const { return limits_; }

 private:
  void on_request_impl(beast::http::verb, beast::string_view method, beast::string_view target,
                       int version, error_code&) override {
    request->method = View(method);
    const std::string_view local = WithoutAuthority(View(target));
    const std::size_t mark = local.find('?');
    request->path = local.substr(0, mark);
    if (mark != std::string_view::npos) request->query = local.substr(mark + 1);
    version_1_0 = version < 11;
  }
  void on_response_impl(int, beast::string_view, int, error_code&) override {}

  void on_field_impl(beast::http::field field, beast::string_view name, beast::string_view value,
                     error_code&) override {
    if (is_header_done()) return;  // a trailer may not change what the handler decides by
    if (request->headers.size() >= kFieldsMax) {
      refusal = {431, fmt::format("the header has more than {} fields", kFieldsMax)};
      return;
    }
    if (field == beast::http::field::transfer_encoding && !beast::iequals(value, "chunked")) {
      refusal = {501, "only the chunked transfer encoding is spoken here"};
    }
    if (field == beast::http::field::expect) NoteExpectation(value);
    if (field == beast::http::field::host) ++hosts_;
    request->headers.emplace_back(View(name), View(value));
  }

  void NoteExpectation(beast::string_view value) {
    expects_continue = beast::iequals(value, "100-continue");
    if (!expects_continue) refusal = {417, "the only expectation known is 100-continue"};
  }

  void on_header_impl(error_code&) override {
    if (!refusal && !version_1_0 && hosts_ != 1) {
      refusal = {400, "a request has exactly one Host header"};
    }
  }
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(beast::string_view body, error_code&) override { return Append(body); }
  void on_chunk_header_impl(std::uint64_t, beast::string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view body, error_code&) override {
    return Append(body);
  }
  void on_finish_impl(error_code&) override {}

  std::size_t Append(beast::string_view piece) {
    const auto bytes = std::as_bytes(std::span(piece.data(), piece.size()));
    request->body.insert(request->body.end(), bytes.begin(), bytes.end());
    return piece.size();
  }

  const RequestLimits limits_;
  int hosts_ = 0;
};

RequestParser::RequestParser(const RequestLimits& limits)
    : message_(std::make_unique<Message>(limits)) {}
RequestParser::~RequestParser() = default;

std::expected<std::size_t, Refusal> RequestParser::Feed(std::span<const std::byte> bytes) {
  if (WaitsForMore(*message_, bytes)) return 0;
  error_code error;
  const std::size_t used = message_->put({bytes.data(), bytes.size()}, error);
  if (message_->refusal) return std::unexpected(*message_->refusal);
  if (error && error != HttpError::need_more) {
    return std::unexpected(ToRefusal(error, message_->limits()));
  }
  return used;
}

bool RequestParser::head_done() const { return message_->is_header_done(); }
bool RequestParser::done() const { return message_->is_done(); }
std::optional<std::uint64_t> RequestParser::content_length() const {
  const auto length = message_->content_length();
  return length ? std::optional(*length) : std::nullopt;
}
bool RequestParser::keep_alive() const { return message_->keep_alive(); }
bool RequestParser::expects_continue() const {
  return message_->expects_continue && !message_->version_1_0;
}
bool RequestParser::is_http_1_0() const { return message_->version_1_0; }
HttpRequest& RequestParser::request() { return *message_->request; }
std::unique_ptr<HttpRequest> RequestParser::Take() { return std::move(message_->request); }

class ResponseParser::Message final : public beast::http::basic_parser<false> {
 public:
  Message(std::size_t body_max, bool answers_head) {
    header_limit(kResponseHeaderMax);
    body_limit(body_max);
    skip(answers_head);
    eager(true);
  }
  bool is_interim() const { return is_done() && response.status < 200; }

  HttpResponse response;

 private:
  void on_request_impl(beast::http::verb, beast::string_view, beast::string_view, int,
                       error_code&) override {}
  void on_response_impl(int code, beast::string_view, int, error_code&) override {
    response.status = code;
    response.content_type.clear();
  }
  void on_field_impl(beast::http::field field, beast::string_view name, beast::string_view value,
                     error_code&) override {
    if (field == beast::http::field::content_type) response.content_type = View(value);
    response.headers.emplace_back(View(name), View(value));
  }
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(beast::string_view body, error_code&) override { return Append(body); }
  void on_chunk_header_impl(std::uint64_t, beast::string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view body, error_code&) override {
    return Append(body);
  }
  void on_finish_impl(error_code&) override {}

  std::size_t Append(beast::string_view piece) {
    response.body.append(View(piece));
    return piece.size();
  }
};

ResponseParser::ResponseParser(std::size_t body_max, bool answers_head)
    : body_max_(body_max), answers_head_(answers_head) {
  Restart();
}
ResponseParser::~ResponseParser() = default;

void ResponseParser::Restart() { message_ = std::make_unique<Message>(body_max_, answers_head_); }

Result<std::size_t> ResponseParser::Feed(std::span<const std::byte> bytes) {
  std::size_t used = 0;
  while (used < bytes.size() && !done()) {
    const std::span<const std::byte> rest = bytes.subspan(used);
    if (WaitsForMore(*message_, rest)) break;
    error_code error;
    used += message_->put({rest.data(), rest.size()}, error);
    if (error == HttpError::need_more) break;
    if (error == HttpError::body_limit) {
      return Fail(ResourceExhausted(fmt::format("body larger than {} bytes", body_max_)));
    }
    if (error) return Fail(Unavailable(error.message()));
    if (message_->is_interim()) Restart();
  }
  return used;
}

bool ResponseParser::FeedEnd() {
  if (!message_->got_some()) return false;
  error_code error;
  message_->put_eof(error);
  return !error && message_->is_done();
}

bool ResponseParser::done() const { return message_->is_done(); }
bool ResponseParser::keep_alive() const { return message_->keep_alive(); }
HttpResponse ResponseParser::Take() { return std::move(message_->response); }

}  // namespace perigee::net
