#include "adapters/net/answer_turn.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <utility>

#include "adapters/net/connection.h"
#include "adapters/net/response_head.h"

namespace perigee::net {
namespace {

// Bytes that the socket took at once; 0 also if it failed, which the connection's own next
// operation will find out.
std::size_t SendNow(int socket, std::string_view head, std::string_view body) {
  iovec parts[2] = {{const_cast<char*>(head.data()), head.size()},
                    {const_cast<char*>(body.data()), body.size()}};
  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = body.empty() ? 1 : 2;
  const ssize_t sent = ::sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  return sent < 0 ? 0 : static_cast<std::size_t>(sent);
}

}  // namespace

AnswerTurn::AnswerTurn(int socket, ListenerShared& shared, std::shared_ptr<Mailbox> mailbox,
                       std::weak_ptr<Connection> connection)
    : socket_(socket),
      shared_(shared),
      mailbox_(std::move(mailbox)),
      connection_(std::move(connection)) {}

void AnswerTurn::Begin(const Request& request, bool straight) {
  request_ = request;
  state_ = straight ? State::kStraight : State::kHome;
}

bool AnswerTurn::KeepHome() {
  State state = State::kStraight;
  if (state_.compare_exchange_strong(state, State::kHome)) return false;
  if (state == State::kSending && state_.compare_exchange_strong(state, State::kWanted)) {
    return false;
  }
  return state == State::kSent;
}

bool AnswerTurn::TakeSent() {
  State state = State::kSent;
  return state_.compare_exchange_strong(state, State::kEnded);
}

bool AnswerTurn::End() {
  State state = State::kStraight;
  if (state_.compare_exchange_strong(state, State::kEnded)) return false;
  state = State::kSending;
  state_.compare_exchange_strong(state, State::kWanted);
  state_.wait(State::kWanted);
  return state_.exchange(State::kEnded) == State::kSent;
}

void AnswerTurn::Answer(HttpResponse response) {
  const bool stays = !AsksToClose(response) && response.upgrade == nullptr;
  if (stays && state_ == State::kStraight && Send(response)) return;
  Post([response = std::move(response)](Connection& connection) mutable {
    connection.Answer(std::move(response));
  });
}

void AnswerTurn::Forget() {
  Post([](Connection& connection) { connection.AnswerForgotten(); });
}

// False: the answer must still go home, and nothing of it was sent.
bool AnswerTurn::Send(HttpResponse& response) {
  std::string head =
      ResponseHead(response, {.is_http_1_0 = request_.is_http_1_0, .date = DateNow()});
  const bool has_body = !request_.is_head && StatusHasBody(response.status);
  const std::string_view body = has_body ? std::string_view(response.body) : std::string_view();
  State state = State::kStraight;
  if (!state_.compare_exchange_strong(state, State::kSending)) return false;
  // The room of the body is free before a client can have the answer and send more.
  shared_.body_bytes.fetch_sub(request_.body_reserved, std::memory_order_relaxed);
  // A connection that drains says "Connection: close", and what that means is done at home.
  const std::size_t sent = shared_.draining ? 0 : SendNow(socket_, head, body);
  const bool whole = sent == head.size() + body.size();
  if (!whole) shared_.body_bytes.fetch_add(request_.body_reserved, std::memory_order_relaxed);
  const bool wanted = state_.exchange(whole ? State::kSent : State::kHome) == State::kWanted;
  if (wanted) state_.notify_all();
  if (sent == 0) return false;
  if (!whole) {
    Post([response = std::move(response), head = std::move(head),
          sent](Connection& connection) mutable {
      connection.AnswerRest(std::move(response), std::move(head), sent);
    });
  } else if (wanted) {
    Post([](Connection& connection) { connection.Settle(); });
  }
  return true;
}

void AnswerTurn::Post(std::move_only_function<void(Connection&)> work) {
  mailbox_->Post([connection = connection_, work = std::move(work)]() mutable {
    if (const auto alive = connection.lock()) work(*alive);
  });
}

}  // namespace perigee::net
