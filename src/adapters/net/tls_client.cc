#include "adapters/net/tls_client.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

namespace perigee::net {
namespace {

template <auto Free>
struct Deleter {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};

using ContextPtr = std::unique_ptr<SSL_CTX, Deleter<&SSL_CTX_free>>;
using SslPtr = std::unique_ptr<SSL, Deleter<&SSL_free>>;
using MethodPtr = std::unique_ptr<BIO_METHOD, Deleter<&BIO_meth_free>>;

constexpr unsigned char kAlpn[] = "\x08http/1.1";

// OpenSSL's own socket BIO writes with write(2), which raises SIGPIPE; a library may not touch the
// process's signals, so this one sends with MSG_NOSIGNAL.
int SocketOf(BIO* bio) {
  return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio)));
}

int Finish(BIO* bio, ssize_t moved, int retry_flag) {
  BIO_clear_retry_flags(bio);
  if (moved < 0 && (errno == EAGAIN || errno == EINTR)) {
    BIO_set_flags(bio, retry_flag | BIO_FLAGS_SHOULD_RETRY);
  }
  return static_cast<int>(moved);
}

int BioWrite(BIO* bio, const char* bytes, int size) {
  const auto length = static_cast<std::size_t>(size);
  return Finish(bio, ::send(SocketOf(bio), bytes, length, MSG_NOSIGNAL), BIO_FLAGS_WRITE);
}

int BioRead(BIO* bio, char* bytes, int size) {
  const auto length = static_cast<std::size_t>(size);
  return Finish(bio, ::recv(SocketOf(bio), bytes, length, 0), BIO_FLAGS_READ);
}

long BioControl(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

MethodPtr MakeBioMethod() {
  MethodPtr method(BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket"));
  if (!method) return nullptr;
  BIO_meth_set_write(method.get(), &BioWrite);
  BIO_meth_set_read(method.get(), &BioRead);
  BIO_meth_set_ctrl(method.get(), &BioControl);
  return method;
}

std::string LastError() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? "the connection broke" : reason;
}

bool ExpectHost(SSL* ssl, const std::string& host) {
  in6_addr address{};
  const bool numeric = ::inet_pton(AF_INET, host.c_str(), &address) == 1 ||
                       ::inet_pton(AF_INET6, host.c_str(), &address) == 1;
  if (numeric) return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str()) == 1;
  return SSL_set1_host(ssl, host.c_str()) == 1 && SSL_set_tlsext_host_name(ssl, host.c_str()) == 1;
}

}  // namespace

struct TlsTrust::Context {
  ContextPtr ssl;
  MethodPtr bio_method;
};

struct TlsSession::State {
  SslPtr ssl;
};

TlsTrust::TlsTrust(std::unique_ptr<Context> context) : context_(std::move(context)) {}
TlsTrust::~TlsTrust() = default;

Result<std::unique_ptr<TlsTrust>> TlsTrust::Open(const std::string& ca_file) {
  ContextPtr ssl(SSL_CTX_new(TLS_client_method()));
  MethodPtr method = MakeBioMethod();
  if (!ssl || !method) return Fail(Internal("set up TLS: " + LastError()));
  SSL_CTX_set_min_proto_version(ssl.get(), TLS1_2_VERSION);
  SSL_CTX_set_verify(ssl.get(), SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_mode(ssl.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_alpn_protos(ssl.get(), kAlpn, sizeof(kAlpn) - 1);
  const int trusted = ca_file.empty() ? SSL_CTX_set_default_verify_paths(ssl.get())
                                      : SSL_CTX_load_verify_file(ssl.get(), ca_file.c_str());
  if (trusted != 1) {
    return Fail(InvalidArgument(fmt::format("load CA certificates {}: {}", ca_file, LastError())));
  }
  return std::unique_ptr<TlsTrust>(new TlsTrust(
      std::make_unique<Context>(Context{.ssl = std::move(ssl), .bio_method = std::move(method)})));
}

TlsSession::TlsSession(std::unique_ptr<State> state) : state_(std::move(state)) {}
TlsSession::~TlsSession() = default;

Result<std::unique_ptr<TlsSession>> TlsSession::Open(const TlsTrust& trust, const std::string& host,
                                                     int socket) {
  SslPtr ssl(SSL_new(trust.context_->ssl.get()));
  BIO* bio = BIO_new(trust.context_->bio_method.get());
  if (!ssl || bio == nullptr || !ExpectHost(ssl.get(), host)) {
    BIO_free(bio);
    return Fail(Internal("start TLS: " + LastError()));
  }
  BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(socket)));
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl.get(), bio, bio);
  SSL_set_connect_state(ssl.get());
  return std::unique_ptr<TlsSession>(
      new TlsSession(std::make_unique<State>(State{.ssl = std::move(ssl)})));
}

IoStep TlsSession::Handshake() { return StepOf(SSL_do_handshake(state_->ssl.get()), 0); }

IoStep TlsSession::Write(std::span<const std::byte> bytes) {
  std::size_t written = 0;
  const int result = SSL_write_ex(state_->ssl.get(), bytes.data(), bytes.size(), &written);
  return StepOf(result, written);
}

IoStep TlsSession::Read(std::span<std::byte> into) {
  std::size_t read = 0;
  const int result = SSL_read_ex(state_->ssl.get(), into.data(), into.size(), &read);
  return StepOf(result, read);
}

IoStep TlsSession::StepOf(int result, std::size_t bytes) {
  using enum IoStep::Outcome;
  if (result == 1) return {.outcome = kMoved, .bytes = bytes};
  const int error = SSL_get_error(state_->ssl.get(), result);
  if (error == SSL_ERROR_WANT_READ) return {.outcome = kWantsRead};
  if (error == SSL_ERROR_WANT_WRITE) return {.outcome = kWantsWrite};
  if (error == SSL_ERROR_ZERO_RETURN) return {.outcome = kEnded};
  const long verified = SSL_get_verify_result(state_->ssl.get());
  std::string why = LastError();
  if (verified != X509_V_OK) {
    why = fmt::format("certificate refused: {}", X509_verify_cert_error_string(verified));
  }
  return {.outcome = kFailed, .why = std::move(why)};
}

}  // namespace perigee::net
