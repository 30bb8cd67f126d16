// Reading: from the first byte of a request to the handler. The answer is in connection_answer.cc.
#include "adapters/net/connection.h"

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "adapters/net/websocket_session.h"

namespace perigee::net {
namespace {

// What a client's Content-Length alone may make us allocate; the rest follows the bytes.
constexpr std::size_t kBodyStep = std::size_t{128} << 10;
// Room for chunk sizes and whole small bodies even where header_max is tiny.
constexpr std::size_t kBufferMin = std::size_t{4} << 10;
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

TimePoint Now() { return std::chrono::steady_clock::now(); }

}  // namespace

Connection::Connection(boost::asio::ip::tcp::socket socket, IoWorker& worker)
    : worker_(worker),
      shared_(worker.shared()),
      stream_(std::move(socket), shared_.tls.get()),
      buffer_(std::max(shared_.options.header_max, kBufferMin)) {}

Connection::~Connection() = default;

void Connection::Start() {
  turn_ = std::make_shared<AnswerTurn>(stream_.native_handle(), shared_, worker_.mailbox(),
                                       weak_from_this());
  if (!stream_.is_tls()) return NextRequest();
  phase_ = Phase::kHandshake;
  deadline_ = DeadlineAfter(Now(), shared_.options.header_timeout);
  stream_.Handshake(Then(&Connection::OnHandshake));
}

void Connection::OnHandshake(const ErrorCode& error, std::size_t) {
  if (error) return Close();
  NextRequest();
}

void Connection::NextRequest() {
  phase_ = Phase::kIdle;
  answers_head_ = false;
  parser_.emplace(RequestLimits{.header_max = shared_.options.header_max,
                                .body_max = shared_.options.body_max});
  if (!buffer_.empty()) {
    OnFirstByte();
    return ParseHead();
  }
  deadline_ = DeadlineAfter(Now(), shared_.options.idle_timeout);
  if (shared_.draining && !stream_.HasUnreadBytes()) return Close();
  ReadHead();
}

void Connection::OnFirstByte() {
  phase_ = Phase::kHead;
  received_at_ = Now();
  deadline_ = DeadlineAfter(received_at_, shared_.options.header_timeout);
}

void Connection::ReadHead() {
  if (reading_) return;
  if (ended_) return Close();
  reading_ = true;
  stream_.Read(buffer_.Unfilled(), Then(&Connection::OnHeadRead));
}

void Connection::OnHeadRead(const ErrorCode& error, std::size_t bytes) {
  reading_ = false;
  buffer_.Fill(bytes);
  if (phase_ == Phase::kHandling || phase_ == Phase::kWriting) return OnReadAhead(error);
  if (error) return Close();
  if (phase_ == Phase::kUpgraded) return web_socket_->Start(buffer_.Unparsed());
  if (phase_ == Phase::kIdle) OnFirstByte();
  ParseHead();
}

// Something came while a request was under way: the next one if the answer has gone out meanwhile;
// else the client sends ahead, has said all, or has left.
void Connection::OnReadAhead(const ErrorCode& error) {
  ended_ = error == boost::asio::error::eof;
  if (error && !ended_) return Abandon();
  if (phase_ == Phase::kWriting) return;
  if (turn_->KeepHome()) {
    Settle();
  } else {
    WatchForReset();
  }
}

void Connection::StopReading() {
  stream_.CancelAll();
  ++epoch_;
  reading_ = false;
}

void Connection::ParseHead() {
  const auto used = parser_->Feed(buffer_.Unparsed());
  if (!used) return Refuse(used.error().status, used.error().why);
  buffer_.Take(*used);
  if (parser_->head_done()) return StartBody();
  if (buffer_.Unfilled().empty()) return Refuse(431, "the header is too large");
  ReadHead();
}

void Connection::StartBody() {
  phase_ = Phase::kBody;
  answers_head_ = parser_->request().method == "HEAD";
  pace_.Start(Now());
  body_filled_ = 0;
  const bool has_body = !parser_->done();
  if (!has_body || !buffer_.empty() || !parser_->expects_continue()) return ReceiveBody();
  unsent_ = {std::as_bytes(std::span(kContinue)), {}};
  stream_.Write(unsent_, Then(&Connection::OnContinued));
}

void Connection::OnContinued(const ErrorCode& error, std::size_t bytes) {
  if (error || bytes != kContinue.size()) return Close();
  ReceiveBody();
}

void Connection::ReceiveBody() {
  if (parser_->done()) return Dispatch();
  if (!parser_->content_length()) return ReceiveChunkedBody();
  const std::size_t length = *parser_->content_length();  // checked against body_max
  if (!GrowBody(std::min(length, kBodyStep))) return;
  std::vector<std::byte>& body = parser_->request().body;
  body_filled_ = std::min(body.size(), buffer_.size());
  std::ranges::copy(buffer_.Unparsed().first(body_filled_), body.begin());
  buffer_.Take(body_filled_);
  ReceiveSizedBody();
}

void Connection::ReceiveSizedBody() {
  const std::size_t length = *parser_->content_length();
  if (body_filled_ == length) return Dispatch();
  std::vector<std::byte>& body = parser_->request().body;
  if (body_filled_ == body.size() && !GrowBody(std::min(length, body.size() * 2))) return;
  if (ended_) return Close();
  stream_.Read(std::span(body).subspan(body_filled_), Then(&Connection::OnSizedRead));
}

void Connection::OnSizedRead(const ErrorCode& error, std::size_t bytes) {
  if (error) return Close();
  body_filled_ += bytes;
  pace_.Move(Now(), bytes);
  ReceiveSizedBody();
}

void Connection::ReceiveChunkedBody() {
  while (!parser_->done()) {
    const auto used = parser_->Feed(buffer_.Unparsed());
    if (!used) return Refuse(used.error().status, used.error().why);
    buffer_.Take(*used);
    if (!ReserveBody(parser_->request().body.size())) return;
    if (*used == 0 || buffer_.empty()) break;
  }
  if (parser_->done()) return Dispatch();
  if (buffer_.Unfilled().empty()) return Refuse(400, "a chunk header or trailer is too large");
  if (ended_) return Close();
  stream_.Read(buffer_.Unfilled(), Then(&Connection::OnChunkedRead));
}

void Connection::OnChunkedRead(const ErrorCode& error, std::size_t bytes) {
  if (error) return Close();
  buffer_.Fill(bytes);
  pace_.Move(Now(), bytes);
  ReceiveChunkedBody();
}

bool Connection::GrowBody(std::size_t size) {
  if (!ReserveBody(size)) return false;
  parser_->request().body.resize(size);
  return true;
}

bool Connection::ReserveBody(std::size_t size) {
  const std::size_t more = size - body_reserved_;
  const std::size_t before = shared_.body_bytes.fetch_add(more, std::memory_order_relaxed);
  body_reserved_ = size;
  if (before + more <= shared_.options.bodies_max) return true;
  Refuse(503, "the bodies of all requests together are too large now");
  return false;
}

void Connection::Dispatch() {
  phase_ = Phase::kHandling;
  std::unique_ptr<HttpRequest> request = parser_->Take();
  request->received_at = received_at_;
  request->lends = worker_.lends();
  stop_ = std::stop_source();
  request->stop = stop_.get_token();
  // Reading on tells of a reset, and of the next request. A client that sends ahead is read no
  // further: it fills its own buffers, not ours.
  const bool straight =
      !stream_.is_tls() && !ended_ && buffer_.empty() && parser_->keep_alive() && !shared_.draining;
  turn_->Begin({.is_http_1_0 = parser_->is_http_1_0(),
                .is_head = answers_head_,
                .body_reserved = body_reserved_},
               straight);
  if (straight) {
    ReadHead();
  } else {
    WatchForReset();
  }
  try {
    shared_.handler.Handle(std::move(request), Responder(turn_));
  } catch (...) {
    // The responder was dropped on the way out and has posted the 500.
  }
  Settle();
}

bool Connection::Settle() {
  if (phase_ != Phase::kHandling || !turn_->TakeSent()) return false;
  body_reserved_ = 0;  // given back by the thread that answered
  NextRequest();
  return true;
}

void Connection::WatchForReset() { stream_.WatchForReset(Then(&Connection::OnReset)); }

void Connection::OnReset(const ErrorCode&, std::size_t) { Abandon(); }

Stream::Done Connection::Then(Step step) {
  return
      [self = shared_from_this(), epoch = epoch_, step](const ErrorCode& error, std::size_t bytes) {
        if (self->epoch_ == epoch) ((*self).*step)(error, bytes);
      };
}

}  // namespace perigee::net
