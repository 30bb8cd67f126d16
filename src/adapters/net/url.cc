#include "adapters/net/url.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace perigee::net {
namespace {

constexpr int kPortMax = 65535;

std::optional<int> ParsePort(std::string_view text) {
  int port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (port < 1 || port > kPortMax) return std::nullopt;
  return port;
}

bool IsPrintable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; });
}

std::unexpected<Error> Refused(std::string_view text, std::string_view why) {
  return Fail(InvalidArgument(fmt::format("parse URL {}: {}", text, why)));
}

// "host", "host:port", "[::1]:port" into `url`; false if it is none of them.
bool ParseAuthority(std::string_view authority, Url& url) {
  std::size_t host_end = authority.rfind(':');
  if (authority.starts_with('[')) {
    const std::size_t bracket = authority.find(']');
    if (bracket == std::string_view::npos) return false;
    url.host = authority.substr(1, bracket - 1);
    authority.remove_prefix(bracket + 1);
    if (!authority.empty() && !authority.starts_with(':')) return false;
    host_end = authority.empty() ? std::string_view::npos : 0;
  } else {
    url.host = authority.substr(0, host_end);
    if (url.host.contains(':')) return false;
  }
  if (host_end == std::string_view::npos) return !url.host.empty();
  const std::optional<int> port = ParsePort(authority.substr(host_end + 1));
  url.port = port.value_or(0);
  return port.has_value() && !url.host.empty();
}

}  // namespace

Result<Url> ParseUrl(std::string_view text) {
  Url url;
  std::string_view rest = text;
  if (rest.starts_with("https://")) {
    url.tls = true;
  } else if (!rest.starts_with("http://")) {
    return Refused(text, "it does not start with http:// or https://");
  }
  rest.remove_prefix(url.tls ? 8 : 7);
  if (!IsPrintable(rest)) return Refused("of the node", "it has spaces or control characters");
  const std::size_t authority_end = std::min(rest.find_first_of("/?#"), rest.size());
  const std::string_view authority = rest.substr(0, authority_end);
  // A password in a URL ends up in logs, so it is refused without being repeated.
  if (authority.contains('@')) return Refused("of the node", "it has a user name");
  url.target = rest.substr(authority_end);
  if (url.target.contains('#')) return Refused(text, "it has a fragment");
  url.port = url.tls ? 443 : 80;
  if (!ParseAuthority(authority, url)) return Refused(text, "expected host or host:port");
  return url;
}

std::string HostAndPort(std::string_view host, int port) {
  return host.contains(':') ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

}  // namespace perigee::net
