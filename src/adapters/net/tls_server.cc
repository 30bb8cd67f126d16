#include "adapters/net/tls_server.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <string_view>

namespace perigee::net {
namespace {

namespace ssl = boost::asio::ssl;

constexpr char kCiphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20";
constexpr unsigned char kAlpn[] = "\x08http/1.1";

std::unexpected<Error> Refused(std::string_view attempt, const std::string& file,
                               const boost::system::error_code& error) {
  ERR_clear_error();
  return Fail(InvalidArgument(fmt::format("{} {}: {}", attempt, file, error.message())));
}

// A client that speaks only something else (h2) is told so in the handshake, not by a 400 later.
int ChooseProtocol(SSL*, const unsigned char** chosen, unsigned char* chosen_size,
                   const unsigned char* offered, unsigned int offered_size, void*) {
  unsigned char* match = nullptr;
  const int outcome =
      SSL_select_next_proto(&match, chosen_size, kAlpn, sizeof(kAlpn) - 1, offered, offered_size);
  *chosen = match;
  return outcome == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

bool Harden(SSL_CTX* context) {
  SSL_CTX_set_options(
      context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  // An idle connection then holds no read and write buffers of 16 KiB each.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_alpn_select_cb(context, &ChooseProtocol, nullptr);
  return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
         SSL_CTX_set_cipher_list(context, kCiphers) == 1;
}

}  // namespace

Result<std::unique_ptr<ssl::context>> OpenServerTls(const std::string& certificate_file,
                                                    const std::string& key_file) {
  auto context = std::make_unique<ssl::context>(ssl::context::tls_server);
  boost::system::error_code error;
  context->use_certificate_chain_file(certificate_file, error);
  if (error) return Refused("load TLS certificate", certificate_file, error);
  context->use_private_key_file(key_file, ssl::context::pem, error);
  if (error) return Refused("load TLS key", key_file, error);
  if (SSL_CTX_check_private_key(context->native_handle()) != 1) {
    return Fail(InvalidArgument(
        fmt::format("load TLS key {}: it does not belong to {}", key_file, certificate_file)));
  }
  if (!Harden(context->native_handle())) {
    return Fail(Internal("set up TLS: this OpenSSL refuses TLS 1.2 or its ciphers"));
  }
  return context;
}

}  // namespace perigee::net
