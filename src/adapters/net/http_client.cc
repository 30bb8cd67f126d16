#include "adapters/net/http_client.h"

#include <fmt/format.h>
#include <poll.h>

#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include "adapters/net/client_socket.h"
#include "adapters/net/http_parser.h"
#include "adapters/net/tls_client.h"
#include "adapters/net/url.h"

namespace perigee::net {
namespace {

constexpr std::size_t kReadSize = std::size_t{64} << 10;

bool IsToken(std::string_view text) {
  return !text.empty() && text.find_first_of(" \t\r\n:") == std::string_view::npos;
}

bool IsFieldValue(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

// What a caller's text could smuggle into the head is refused rather than repaired.
Result<std::string> RequestHead(const ClientRequest& request, const std::string& authority) {
  const bool has_space = request.target.find_first_of(" \t\r\n") != std::string::npos;
  if (!IsToken(request.method) || has_space || !request.target.starts_with('/')) {
    return Fail(InvalidArgument("the method or the target is malformed"));
  }
  std::string head;
  head.reserve(256);
  auto out = std::back_inserter(head);
  fmt::format_to(out, "{} {} HTTP/1.1\r\nHost: {}\r\n", request.method, request.target, authority);
  if (!request.body.empty() || request.method == "POST" || request.method == "PUT") {
    fmt::format_to(out, "Content-Length: {}\r\n", request.body.size());
  }
  for (const auto& [name, value] : request.headers) {
    if (!IsToken(name) || !IsFieldValue(value)) {
      return Fail(InvalidArgument(fmt::format("the header field {} is malformed", name)));
    }
    fmt::format_to(out, "{}: {}\r\n", name, value);
  }
  head.append("\r\n");
  return head;
}

}  // namespace

// One client's connection and the request under way on it.
class HttpClient::Exchange {
 public:
  Exchange(Url url, const HttpClientOptions& options, std::unique_ptr<TlsTrust> trust,
           std::unique_ptr<Waiter> waiter)
      : url_(std::move(url)),
        options_(options),
        authority_(HostAndPort(url_.host, url_.port)),
        trust_(std::move(trust)),
        waiter_(std::move(waiter)),
        buffer_(kReadSize) {}

  Result<HttpResponse> Send(const ClientRequest& request, const task::Context& context) {
    waiter_->Arm(context);
    Result<HttpResponse> response = SendArmed(request);
    waiter_->Disarm();
    if (response) return response;
    // Unanswered means unwanted from here on: a reset tells the node so, a close would not.
    if (socket_) socket_->ResetOnClose();
    socket_.reset();
    return Fail(std::move(response.error())
                    .Within(fmt::format("{} {}{}", request.method, authority_, request.target)));
  }

  std::uint64_t bytes_sent() const { return bytes_sent_; }
  std::uint64_t bytes_received() const { return bytes_received_; }

 private:
  Result<HttpResponse> SendArmed(const ClientRequest& request) {
    TRY(waiter_->Check());
    const std::string head = TRY(RequestHead(request, authority_));
    if (socket_ && socket_->IsStale()) socket_.reset();
    const bool kept = socket_ != nullptr;
    Result<HttpResponse> response = Once(request, head);
    const bool may_repeat =
        kept && !answered_ && !response.has_value() && response.error().code == Code::kUnavailable;
    if (!may_repeat) return response;
    socket_.reset();
    return Once(request, head);
  }

  Result<HttpResponse> Once(const ClientRequest& request, const std::string& head) {
    answered_ = false;
    if (!socket_) {
      socket_ = TRY(ClientSocket::Connect(url_, trust_.get(), *waiter_, options_.connect_timeout));
    }
    const bool sent_all = TRY(Write(std::as_bytes(std::span(head)), request.body));
    ResponseParser parser(options_.body_max, request.method == "HEAD");
    TRY(Receive(parser));
    if (!sent_all || !reusable_ || !parser.keep_alive()) socket_.reset();
    return parser.Take();
  }

  // False if the node answered, or left, before it had everything: then look at its answer.
  Result<bool> Write(std::span<const std::byte> first, std::span<const std::byte> second) {
    while (!first.empty() || !second.empty()) {
      const IoStep step = socket_->Write(first, second);
      if (step.outcome == IoStep::Outcome::kMoved) {
        bytes_sent_ += step.bytes;
        const std::size_t part = std::min(step.bytes, first.size());
        first = first.subspan(part);
        second = second.subspan(step.bytes - part);
        continue;
      }
      if (step.outcome == IoStep::Outcome::kEnded || step.outcome == IoStep::Outcome::kFailed) {
        return false;
      }
      const bool writes = step.outcome == IoStep::Outcome::kWantsWrite;
      const short ready = TRY(socket_->Await(writes ? POLLIN | POLLOUT : POLLIN));
      if (writes && (ready & POLLOUT) == 0) return false;
    }
    return true;
  }

  Result<void> Receive(ResponseParser& parser) {
    reusable_ = true;
    unparsed_.clear();
    while (!parser.done()) {
      const IoStep step = socket_->Read(buffer_);
      if (step.outcome == IoStep::Outcome::kMoved) {
        TRY(Take(parser, step.bytes));
      } else if (step.outcome == IoStep::Outcome::kEnded) {
        reusable_ = false;
        if (!parser.FeedEnd()) return Fail(Unavailable("the node closed the connection"));
      } else if (step.outcome == IoStep::Outcome::kFailed) {
        return Fail(Unavailable(step.why));
      } else {
        const bool reads = step.outcome == IoStep::Outcome::kWantsRead;
        TRY(socket_->Await(reads ? POLLIN : POLLOUT));
      }
    }
    return {};
  }

  Result<void> Take(ResponseParser& parser, std::size_t bytes) {
    answered_ = true;
    bytes_received_ += bytes;
    std::span<const std::byte> input = std::span(buffer_).first(bytes);
    if (!unparsed_.empty()) {
      unparsed_.insert(unparsed_.end(), input.begin(), input.end());
      input = unparsed_;
    }
    const std::size_t used = TRY(parser.Feed(input));
    const std::span<const std::byte> rest = input.subspan(used);
    unparsed_ = std::vector<std::byte>(rest.begin(), rest.end());
    if (parser.done() && !unparsed_.empty()) reusable_ = false;
    return {};
  }

  const Url url_;
  const HttpClientOptions options_;
  const std::string authority_;
  const std::unique_ptr<TlsTrust> trust_;  // null: clear text
  const std::unique_ptr<Waiter> waiter_;
  std::unique_ptr<ClientSocket> socket_;  // null: not connected
  std::vector<std::byte> buffer_;
  std::vector<std::byte> unparsed_;  // an incomplete head or chunk header
  bool answered_ = false;            // some byte of the answer came
  bool reusable_ = true;             // the answer ended cleanly
  std::uint64_t bytes_sent_ = 0;
  std::uint64_t bytes_received_ = 0;
};

HttpClient::HttpClient(std::unique_ptr<Exchange> exchange) : exchange_(std::move(exchange)) {}
HttpClient::~HttpClient() = default;

Result<std::unique_ptr<HttpClient>> HttpClient::Open(std::string_view url,
                                                     const HttpClientOptions& options) {
  Url parsed = TRY(ParseUrl(url));
  std::unique_ptr<TlsTrust> trust;
  if (parsed.tls) trust = TRY(TlsTrust::Open(options.ca_file));
  std::unique_ptr<Waiter> waiter = TRY(Waiter::Open());
  return std::unique_ptr<HttpClient>(new HttpClient(
      std::make_unique<Exchange>(std::move(parsed), options, std::move(trust), std::move(waiter))));
}

Result<HttpResponse> HttpClient::Send(const ClientRequest& request, const task::Context& context) {
  return exchange_->Send(request, context);
}

std::uint64_t HttpClient::bytes_sent() const { return exchange_->bytes_sent(); }
std::uint64_t HttpClient::bytes_received() const { return exchange_->bytes_received(); }

}  // namespace perigee::net
