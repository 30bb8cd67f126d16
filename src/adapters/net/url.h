// Where a node is: "http://host:port" or "https://host:port", taken apart. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace perigee::net {

struct Url {
  bool tls = false;
  std::string host;  // a name or an address; "::1" stands without its brackets
  int port = 0;
  std::string target;  // path and query; empty if the URL ends after the port
};

// InvalidArgument with one sentence for anything else: other schemes, user names, fragments.
Result<Url> ParseUrl(std::string_view text);

// "host:port", with brackets around an IPv6 address: for messages and the Host header.
std::string HostAndPort(std::string_view host, int port);

}  // namespace perigee::net
