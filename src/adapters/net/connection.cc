// Reading: from the first byte of a request to the handler. The answer is in connection_answer.cc.
#include "adapters/net/connection.h"

#include <algorithm>
#include <utility>

namespace perigee::net {
namespace {

// What a client's Content-Length alone may make us allocate; the rest follows the bytes.
constexpr std::size_t kBodyStep = std::size_t{128} << 10;
// Room for chunk sizes and whole small bodies even where header_max is tiny.
constexpr std::size_t kBufferMin = std::size_t{4} << 10;
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

TimePoint Now() { return std::chrono::steady_clock::now(); }

// What the handler answers by: travels to the connection's thread, and answers 500 if dropped.
class Responder {
 public:
  Responder(std::shared_ptr<Mailbox> mailbox, std::weak_ptr<Connection> connection)
      : mailbox_(std::move(mailbox)), connection_(std::move(connection)) {}
  Responder(Responder&&) = default;
  Responder& operator=(Responder&&) = delete;
  ~Responder() {
    if (mailbox_) Post([](Connection& connection) { connection.AnswerForgotten(); });
  }

  void operator()(HttpResponse response) {
    if (!mailbox_) return;
    Post([response = std::move(response)](Connection& connection) mutable {
      connection.Answer(std::move(response));
    });
  }

 private:
  // Only the pointer travels: the connection is looked up, and perhaps destroyed, on its thread.
  template <typename Work>
  void Post(Work work) {
    const std::shared_ptr<Mailbox> mailbox = std::move(mailbox_);
    mailbox->Post([connection = std::move(connection_), work = std::move(work)]() mutable {
      if (const auto alive = connection.lock()) work(*alive);
    });
  }

  std::shared_ptr<Mailbox> mailbox_;
  std::weak_ptr<Connection> connection_;
};

}  // namespace

Connection::Connection(boost::asio::ip::tcp::socket socket, IoWorker& worker)
    : worker_(worker),
      shared_(worker.shared()),
      stream_(std::move(socket), shared_.tls.get()),
      buffer_(std::max(shared_.options.header_max, kBufferMin)) {}

Connection::~Connection() = default;

void Connection::Start() {
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
  if (begin_ < end_) {
    OnFirstByte();
    return ParseHead();
  }
  begin_ = end_ = 0;
  deadline_ = DeadlineAfter(Now(), shared_.options.idle_timeout);
  if (shared_.draining && !stream_.HasUnreadBytes()) return Close();
  ReadHead();
}

void Connection::OnFirstByte() {
  phase_ = Phase::kHead;
  received_at_ = Now();
  deadline_ = DeadlineAfter(received_at_, shared_.options.header_timeout);
}

void Connection::ReadHead() { stream_.Read(Unfilled(), Then(&Connection::OnHeadRead)); }

void Connection::OnHeadRead(const ErrorCode& error, std::size_t bytes) {
  if (error) return Close();
  if (phase_ == Phase::kIdle) OnFirstByte();
  end_ += bytes;
  ParseHead();
}

void Connection::ParseHead() {
  const auto used = parser_->Feed(Unparsed());
  if (!used) return Refuse(used.error().status, used.error().why);
  begin_ += *used;
  if (parser_->head_done()) return StartBody();
  if (Unfilled().empty()) return Refuse(431, "the header is too large");
  ReadHead();
}

void Connection::StartBody() {
  phase_ = Phase::kBody;
  answers_head_ = parser_->request().method == "HEAD";
  pace_.Start(Now());
  body_filled_ = 0;
  const bool has_body = !parser_->done();
  if (!has_body || begin_ < end_ || !parser_->expects_continue()) return ReceiveBody();
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
  body_filled_ = std::min(body.size(), end_ - begin_);
  std::ranges::copy(Unparsed().first(body_filled_), body.begin());
  begin_ += body_filled_;
  ReceiveSizedBody();
}

void Connection::ReceiveSizedBody() {
  const std::size_t length = *parser_->content_length();
  if (body_filled_ == length) return Dispatch();
  std::vector<std::byte>& body = parser_->request().body;
  if (body_filled_ == body.size() && !GrowBody(std::min(length, body.size() * 2))) return;
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
    const auto used = parser_->Feed(Unparsed());
    if (!used) return Refuse(used.error().status, used.error().why);
    begin_ += *used;
    if (!ReserveBody(parser_->request().body.size())) return;
    if (*used == 0 || begin_ == end_) break;
  }
  if (parser_->done()) return Dispatch();
  if (Unfilled().empty()) return Refuse(400, "a chunk header or trailer is too large");
  stream_.Read(Unfilled(), Then(&Connection::OnChunkedRead));
}

void Connection::OnChunkedRead(const ErrorCode& error, std::size_t bytes) {
  if (error) return Close();
  end_ += bytes;
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
  stop_ = std::stop_source();
  request->stop = stop_.get_token();
  stream_.WatchForReset(Then(&Connection::OnReset));
  try {
    shared_.handler.Handle(std::move(request), Responder(worker_.mailbox(), weak_from_this()));
  } catch (...) {
    // The responder was dropped on the way out and has posted the 500.
  }
}

void Connection::OnReset(const ErrorCode&, std::size_t) { Abandon(); }

Stream::Done Connection::Then(Step step) {
  return
      [self = shared_from_this(), epoch = epoch_, step](const ErrorCode& error, std::size_t bytes) {
        if (self->epoch_ == epoch) ((*self).*step)(error, bytes);
      };
}

std::span<const std::byte> Connection::Unparsed() const {
  return std::span(buffer_).subspan(begin_, end_ - begin_);
}

std::span<std::byte> Connection::Unfilled() {
  if (begin_ > 0) {
    std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_),
              buffer_.begin() + static_cast<std::ptrdiff_t>(end_), buffer_.begin());
    end_ -= begin_;
    begin_ = 0;
  }
  return std::span(buffer_).subspan(end_);
}

}  // namespace perigee::net
