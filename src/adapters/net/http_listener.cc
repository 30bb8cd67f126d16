#include "adapters/net/http_listener.h"

#include <fmt/format.h>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <cctype>
#include <condition_variable>
#include <mutex>
#include <utility>
#include <vector>

#include "adapters/net/io_worker.h"
#include "adapters/net/stream.h"
#include "adapters/net/tls_server.h"
#include "adapters/net/url.h"

namespace perigee::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

// With no file descriptor left, accepting fails until some connection ends; then we look again.
constexpr Duration kAcceptRetry = std::chrono::milliseconds(100);
// After all connections were told to close, which takes them no waiting.
constexpr Duration kAbandonMax = std::chrono::seconds(5);
constexpr std::size_t kHeaderMin = 256;
constexpr std::size_t kHeaderMax = std::size_t{1} << 20;

Error ListenError(const HttpListenerOptions& options, const ErrorCode& error) {
  std::string why = error.message();
  if (!why.empty()) why[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(why[0])));
  const std::string message =
      fmt::format("listen on {}: {}", HostAndPort(options.address, options.port), why);
  if (error == asio::error::access_denied) return PermissionDenied(message);
  if (error == asio::error::address_in_use) return Unavailable(message);
  return InvalidArgument(message);
}

Result<void> CheckOptions(const HttpListenerOptions& options) {
  const auto refuse = [&](std::string_view why) {
    return Fail(InvalidArgument(
        fmt::format("listen on {}: {}", HostAndPort(options.address, options.port), why)));
  };
  if (options.port < 0 || options.port > 65535) return refuse("a port is between 0 and 65535");
  if (options.threads < 1 || options.threads > 64) return refuse("threads is between 1 and 64");
  if (options.connections_max < 1) return refuse("connections_max is at least 1");
  if (options.header_max < kHeaderMin || options.header_max > kHeaderMax) {
    return refuse("header_max is between 256 bytes and 1 MiB");
  }
  if (options.certificate_file.empty() != options.key_file.empty()) {
    return refuse("TLS needs both a certificate and a key file");
  }
  for (const Duration timeout : {options.idle_timeout, options.header_timeout, options.body_timeout,
                                 options.write_timeout}) {
    if (timeout <= Duration::zero()) return refuse("a timeout is longer than zero");
  }
  return {};
}

Result<tcp::endpoint> EndpointOf(const HttpListenerOptions& options) {
  ErrorCode error;
  const asio::ip::address address = asio::ip::make_address(options.address, error);
  if (error) return Fail(ListenError(options, error));
  if (options.certificate_file.empty() && !address.is_loopback() && !options.insecure) {
    return Fail(InvalidArgument(
        fmt::format("listen on {}: without TLS only loopback is bound, unless `insecure` is set",
                    HostAndPort(options.address, options.port))));
  }
  return tcp::endpoint(address, static_cast<std::uint16_t>(options.port));
}

}  // namespace

// The acceptor lives on the first worker's thread and deals connections out in turn.
class HttpListener::Server {
 public:
  Server(const HttpListenerOptions& options, HttpHandler& handler) : shared_(options, handler) {
    shared_.on_connection_end = [this] { OnConnectionEnd(); };
    for (int i = 0; i < options.threads; ++i) {
      workers_.push_back(std::make_unique<IoWorker>(shared_));
    }
    acceptor_.emplace(workers_.front()->context());
    retry_.emplace(workers_.front()->context());
  }
  ~Server() {
    if (started_) CloseAcceptor();
    // The first one stops first: no connection is dealt out after that.
    for (const auto& worker : workers_) worker->Join();
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  Result<void> Listen() {
    const HttpListenerOptions& options = shared_.options;
    if (!options.certificate_file.empty()) {
      shared_.tls = TRY(OpenServerTls(options.certificate_file, options.key_file));
    }
    const tcp::endpoint endpoint = TRY(EndpointOf(options));
    ErrorCode error;
    acceptor_->open(endpoint.protocol(), error);
    // Lets a restart bind while old connections are in TIME_WAIT; not two listeners at once.
    if (!error) acceptor_->set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_->bind(endpoint, error);
    if (!error) acceptor_->listen(tcp::acceptor::max_listen_connections, error);
    if (!error) port_ = acceptor_->local_endpoint(error).port();
    if (error) return Fail(ListenError(options, error));
    return {};
  }

  void Run() {
    started_ = true;
    for (const auto& worker : workers_) worker->Run();
    asio::post(workers_.front()->context(), [this] { Accept(); });
  }

  void Drain(Duration budget) {
    shared_.draining = true;
    CloseAcceptor();
    for (const auto& worker : workers_) worker->DrainAll();
    if (WaitUntilEmpty(budget)) return;
    for (const auto& worker : workers_) worker->AbandonAll();
    WaitUntilEmpty(kAbandonMax);
  }

  int port() const { return port_; }

 private:
  void Accept() {
    if (!acceptor_->is_open() || !TakeSlot()) return;
    IoWorker& worker = *workers_[next_worker_++ % workers_.size()];
    acceptor_->async_accept(worker.context(),
                            [this, &worker](const ErrorCode& error, tcp::socket socket) {
                              OnAccept(worker, error, std::move(socket));
                            });
  }

  void OnAccept(IoWorker& worker, const ErrorCode& error, tcp::socket socket) {
    if (error) {
      OnConnectionEnd();
      return RetryLater();
    }
    asio::post(worker.context(), [&worker, accepted = std::move(socket)]() mutable {
      worker.Adopt(std::move(accepted));
    });
    Accept();
  }

  void RetryLater() {
    if (!acceptor_->is_open()) return;
    retry_->expires_after(kAcceptRetry);
    retry_->async_wait([this](const ErrorCode& error) {
      if (!error) Accept();
    });
  }

  // One of connections_max, taken before accepting; false means the next end resumes.
  bool TakeSlot() {
    const std::lock_guard lock(mutex_);
    paused_ = connections_ >= shared_.options.connections_max;
    if (!paused_) ++connections_;
    return !paused_;
  }

  void OnConnectionEnd() {
    bool resume = false;
    {
      const std::lock_guard lock(mutex_);
      --connections_;
      resume = std::exchange(paused_, false);
      ended_.notify_all();
    }
    if (resume) asio::post(workers_.front()->context(), [this] { Accept(); });
  }

  bool WaitUntilEmpty(Duration budget) {
    std::unique_lock lock(mutex_);
    return ended_.wait_until(lock, DeadlineAfter(std::chrono::steady_clock::now(), budget),
                             [this] { return acceptor_closed_ && connections_ == 0; });
  }

  void CloseAcceptor() {
    asio::post(workers_.front()->context(), [this] {
      ErrorCode ignored;
      acceptor_->close(ignored);
      retry_->cancel();
      const std::lock_guard lock(mutex_);
      acceptor_closed_ = true;
      ended_.notify_all();
    });
  }

  ListenerShared shared_;
  std::vector<std::unique_ptr<IoWorker>> workers_;
  std::optional<tcp::acceptor> acceptor_;  // destroyed before the workers
  std::optional<asio::steady_timer> retry_;
  std::size_t next_worker_ = 0;
  int port_ = 0;
  bool started_ = false;

  std::mutex mutex_;
  std::condition_variable ended_;
  // Guarded by mutex_. A pending accept counts as a connection.
  int connections_ = 0;
  bool paused_ = false;
  bool acceptor_closed_ = false;
};

HttpListener::HttpListener(std::unique_ptr<Server> server) : server_(std::move(server)) {}
HttpListener::~HttpListener() = default;

Result<std::unique_ptr<HttpListener>> HttpListener::Start(const HttpListenerOptions& options,
                                                          HttpHandler& handler) {
  try {
    TRY(CheckOptions(options));
    auto server = std::make_unique<Server>(options, handler);
    TRY(server->Listen());
    server->Run();
    return std::unique_ptr<HttpListener>(new HttpListener(std::move(server)));
  } catch (const std::exception& failure) {
    return Fail(Internal(fmt::format("listen on {}: {}", HostAndPort(options.address, options.port),
                                     failure.what())));
  }
}

int HttpListener::port() const { return server_->port(); }
void HttpListener::Drain(Duration budget) { server_->Drain(budget); }

}  // namespace perigee::net
