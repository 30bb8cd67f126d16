// One I/O thread of a listener with the connections that live on it. Connections are made, run and
// destroyed on that thread only, so they need no locks.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>

#include "adapters/net/http_listener.h"

namespace perigee::net {

class Connection;

// What all threads of a listener share. Thread-safe.
struct ListenerShared {
  ListenerShared(const HttpListenerOptions& listener_options, HttpHandler& listener_handler)
      : options(listener_options), handler(listener_handler) {}

  const HttpListenerOptions options;
  HttpHandler& handler;
  std::unique_ptr<boost::asio::ssl::context> tls;  // null: clear text. Set before any thread runs
  std::atomic<bool> draining = false;
  std::atomic<std::size_t> body_bytes = 0;  // of all bodies being received
  std::function<void()> on_connection_end;  // called on the connection's thread
};

// Carries work to a worker's thread for as long as that thread runs, and drops it afterwards: an
// answer may come long after its listener is gone. Thread-safe.
class Mailbox {
 public:
  explicit Mailbox(boost::asio::io_context& context) : context_(&context) {}
  void Post(std::move_only_function<void()> work);
  void Shut();

 private:
  std::mutex mutex_;
  boost::asio::io_context* context_;  // guarded by mutex_; null once shut
};

class IoWorker {
 public:
  explicit IoWorker(ListenerShared& shared);
  ~IoWorker();
  IoWorker(const IoWorker&) = delete;
  IoWorker& operator=(const IoWorker&) = delete;

  // From any thread.
  boost::asio::io_context& context() { return context_; }
  const std::shared_ptr<Mailbox>& mailbox() { return mailbox_; }
  void Run();         // starts the thread
  void DrainAll();    // idle connections close, the others finish their request
  void AbandonAll();  // stops are requested, everything closes
  void Join();        // AbandonAll, then waits for the thread

  // On the worker's own thread.
  ListenerShared& shared() { return shared_; }
  void Adopt(boost::asio::ip::tcp::socket socket);
  void Remove(Connection& connection);
  // For how long a handler may hold the thread: a change of thread and back costs about as much as
  // the first, and who else would wait through the second is only a client that connects.
  Duration lends() const {
    return connections_.size() > 1 ? std::chrono::microseconds(100) : std::chrono::milliseconds(5);
  }

 private:
  using WorkGuard = boost::asio::executor_work_guard<boost::asio::io_context::executor_type>;

  void Loop();
  void ForEach(void (Connection::*action)());
  void ArmSweep();
  void Sweep();

  ListenerShared& shared_;
  const Duration tick_;  // how often deadlines are looked at: their precision
  boost::asio::io_context context_;
  WorkGuard guard_;
  std::shared_ptr<Mailbox> mailbox_;
  boost::asio::steady_timer sweep_;
  bool sweep_armed_ = false;
  bool stopping_ = false;
  std::unordered_map<Connection*, std::shared_ptr<Connection>> connections_;
  std::jthread thread_;
};

}  // namespace perigee::net
