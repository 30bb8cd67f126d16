#include "adapters/net/io_worker.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <exception>
#include <utility>
#include <vector>

#include "adapters/net/connection.h"

namespace perigee::net {
namespace {

namespace asio = boost::asio;

// A timer armed for every read would cost more than looking at every connection now and then.
Duration TickFor(const HttpListenerOptions& options) {
  const Duration shortest = std::min(
      {options.idle_timeout, options.header_timeout, options.body_timeout, options.write_timeout});
  return std::clamp<Duration>(shortest / 4, std::chrono::milliseconds(10),
                              std::chrono::milliseconds(250));
}

}  // namespace

void Mailbox::Post(std::move_only_function<void()> work) {
  const std::lock_guard lock(mutex_);
  if (context_ != nullptr) asio::post(*context_, std::move(work));
}

void Mailbox::Shut() {
  const std::lock_guard lock(mutex_);
  context_ = nullptr;
}

IoWorker::IoWorker(ListenerShared& shared)
    : shared_(shared),
      tick_(TickFor(shared.options)),
      context_(1),  // one thread runs it
      guard_(context_.get_executor()),
      mailbox_(std::make_shared<Mailbox>(context_)),
      sweep_(context_) {}

IoWorker::~IoWorker() { Join(); }

void IoWorker::Run() {
  thread_ = std::jthread([this] { Loop(); });
}

void IoWorker::Loop() {
  // A completion that throws (out of memory) loses its own connection, not the others'.
  for (bool ended = false; !ended;) {
    try {
      context_.run();
      ended = true;
    } catch (...) {
      continue;
    }
  }
}

void IoWorker::DrainAll() {
  asio::post(context_, [this] { ForEach(&Connection::Drain); });
}

void IoWorker::AbandonAll() {
  asio::post(context_, [this] { ForEach(&Connection::Abandon); });
}

void IoWorker::Join() {
  if (!thread_.joinable()) return;
  asio::post(context_, [this] {
    stopping_ = true;
    ForEach(&Connection::Abandon);
    sweep_.cancel();
    guard_.reset();
  });
  thread_.join();
  mailbox_->Shut();
}

void IoWorker::Adopt(asio::ip::tcp::socket socket) {
  std::shared_ptr<Connection> connection;
  try {
    if (!stopping_) connection = std::make_shared<Connection>(std::move(socket), *this);
  } catch (const std::exception&) {
    // Out of memory, here or in OpenSSL: this client is let go, its place is not lost.
  }
  if (!connection) return shared_.on_connection_end();
  connections_.emplace(connection.get(), connection);
  if (!sweep_armed_) ArmSweep();
  connection->Start();
}

void IoWorker::Remove(Connection& connection) {
  if (connections_.erase(&connection) == 1) shared_.on_connection_end();
}

void IoWorker::ForEach(void (Connection::*action)()) {
  // A connection may remove itself, so the walk is over a copy.
  std::vector<std::shared_ptr<Connection>> all;
  all.reserve(connections_.size());
  for (const auto& [key, connection] : connections_) all.push_back(connection);
  for (const auto& connection : all) ((*connection).*action)();
}

void IoWorker::ArmSweep() {
  sweep_armed_ = true;
  sweep_.expires_after(tick_);
  sweep_.async_wait([this](const ErrorCode& error) {
    sweep_armed_ = false;
    if (!error) Sweep();
  });
}

void IoWorker::Sweep() {
  ForEach(&Connection::CheckTimes);
  if (!connections_.empty()) ArmSweep();
}

}  // namespace perigee::net
