// Bytes of an HTTP/1.1 connection in, HttpRequest or HttpResponse out. Beast does the parsing, in
// http_parser.cc alone. No sockets. Not thread-safe; one parser a message.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "adapters/net/http.h"
#include "base/result.h"

namespace perigee::net {

// Why the listener itself answers: HTTP status and half a sentence.
struct Refusal {
  int status = 400;
  std::string why;
};

struct RequestLimits {
  std::size_t header_max = 0;  // bytes of request line and header fields together
  std::size_t body_max = 0;    // bytes, also of a chunked body
};

class RequestParser {
 public:
  explicit RequestParser(const RequestLimits& limits);
  ~RequestParser();
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;

  // Takes from the front of `bytes` what it can and says how many it took; 0 asks for more. Stops
  // after the head, and never touches a body that has a length: its bytes go from the socket
  // straight into request().body, and the caller counts them. A chunked body is fed here.
  std::expected<std::size_t, Refusal> Feed(std::span<const std::byte> bytes);

  bool head_done() const;
  // After the head, except with a length: the whole message was fed.
  bool done() const;
  // The rest holds only after the head.
  std::optional<std::uint64_t> content_length() const;
  bool keep_alive() const;
  bool expects_continue() const;
  bool is_http_1_0() const;
  HttpRequest& request();
  // The parsed request; the parser keeps answering the questions above.
  std::unique_ptr<HttpRequest> Take();

 private:
  class Message;
  std::unique_ptr<Message> message_;
};

class ResponseParser {
 public:
  // An answer to HEAD has no body whatever its length says.
  ResponseParser(std::size_t body_max, bool answers_head);
  ~ResponseParser();
  ResponseParser(const ResponseParser&) = delete;
  ResponseParser& operator=(const ResponseParser&) = delete;

  // Takes all that belongs to the message and says how many bytes that was. 1xx answers are passed
  // over. Unavailable: not HTTP. ResourceExhausted: the body is larger than `body_max`.
  Result<std::size_t> Feed(std::span<const std::byte> bytes);
  // The peer closed. True if that ends the message, false if it cut it off.
  bool FeedEnd();

  bool done() const;
  bool keep_alive() const;
  HttpResponse Take();

 private:
  class Message;
  void Restart();

  const std::size_t body_max_;
  const bool answers_head_;
  std::unique_ptr<Message> message_;
};

}  // namespace perigee::net
