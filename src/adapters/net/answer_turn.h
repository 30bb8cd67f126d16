// Whose turn it is to answer one connection's request: the thread that has the answer, straight
// into the socket, or the connection's I/O thread. Waking a thread that sleeps costs more than
// sending, so the I/O thread learns of an answer that went out whole when it next looks at the
// connection: at the client's next bytes, or at the next sweep.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "adapters/net/http.h"
#include "adapters/net/io_worker.h"

namespace perigee::net {

// Thread-safe as noted. One for each connection; it has one request under way at most.
class AnswerTurn {
 public:
  struct Request {
    bool is_http_1_0 = false;
    bool is_head = false;
    std::size_t body_reserved = 0;  // its part of ListenerShared::body_bytes
  };

  // `socket` is open whenever a request may be answered straight.
  AnswerTurn(int socket, ListenerShared& shared, std::shared_ptr<Mailbox> mailbox,
             std::weak_ptr<Connection> connection);
  AnswerTurn(const AnswerTurn&) = delete;
  AnswerTurn& operator=(const AnswerTurn&) = delete;

  // On the connection's thread.
  // The handler is about to get the request. `straight`: whoever has the answer may send it, and
  // the connection stays open after it.
  void Begin(const Request& request, bool straight);
  // From now on the connection's thread is woken for the answer. True if it has gone out already.
  bool KeepHome();
  // True once after an answer went out whole; the request's body is then given back.
  bool TakeSent();
  // Before the socket is closed: nobody sends any more. Waits for a send under way, which does not
  // block. True if an answer went out whole that TakeSent has not told of.
  bool End();

  // From any thread, once for each request, even after the connection is gone.
  void Answer(HttpResponse response);
  // The handler dropped its HttpRespond: 500.
  void Forget();

 private:
  enum class State {
    kEnded,     // no request, or nobody to answer
    kStraight,  // whoever has the answer may send it
    kHome,      // the answer goes to the connection's thread
    kSending,   // a thread sends; the socket and `shared_` stay until it is done
    kWanted,    // as kSending, and the connection's thread wants to be told
    kSent,
  };

  bool Send(HttpResponse& response);
  void Post(std::move_only_function<void(Connection&)> work);

  const int socket_;
  ListenerShared& shared_;  // of another thread's only in kSending and kWanted
  const std::shared_ptr<Mailbox> mailbox_;
  const std::weak_ptr<Connection> connection_;  // only the pointer travels; it is locked at home
  Request request_;                             // unchanged while a request is under way
  std::atomic<State> state_ = State::kEnded;
};

// What a handler answers by.
class Responder {
 public:
  explicit Responder(std::shared_ptr<AnswerTurn> turn) : turn_(std::move(turn)) {}
  Responder(Responder&&) noexcept = default;
  Responder& operator=(Responder&&) = delete;
  ~Responder() {
    if (turn_) turn_->Forget();
  }
  void operator()(HttpResponse response) {
    if (const std::shared_ptr<AnswerTurn> turn = std::move(turn_)) {
      turn->Answer(std::move(response));
    }
  }

 private:
  std::shared_ptr<AnswerTurn> turn_;
};

}  // namespace perigee::net
