// The TLS side of a listener: certificate and key from PEM files into a context. Once at start.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <string>

#include "base/result.h"

namespace perigee::net {

// TLS 1.2 or newer, forward secrecy, authenticated ciphers, ALPN http/1.1. The certificate file
// holds the chain, the server's own first.
// InvalidArgument: a file is missing, no PEM, or the key does not belong to the certificate.
Result<std::unique_ptr<boost::asio::ssl::context>> OpenServerTls(
    const std::string& certificate_file, const std::string& key_file);

}  // namespace perigee::net
