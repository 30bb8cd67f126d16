#include "adapters/http_server/router.h"

#include <optional>
#include <utility>

namespace perigee::http_server {
namespace {

constexpr std::size_t kSegmentsMax = 16;

// "/v2/models/" and "/v2/models" are the same path.
std::vector<std::string_view> Split(std::string_view path) {
  std::vector<std::string_view> segments;
  while (!path.empty() && segments.size() <= kSegmentsMax) {
    path.remove_prefix(1);
    const std::size_t end = std::min(path.find('/'), path.size());
    segments.push_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  if (!segments.empty() && segments.back().empty()) segments.pop_back();
  return segments;
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// A malformed escape stays as it stands: such a name matches no model.
std::string PercentDecode(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '%' && i + 2 < text.size() && HexDigit(text[i + 1]) >= 0 &&
                        HexDigit(text[i + 2]) >= 0;
    if (escape) {
      decoded += static_cast<char>(HexDigit(text[i + 1]) * 16 + HexDigit(text[i + 2]));
      i += 2;
    } else {
      decoded += text[i];
    }
  }
  return decoded;
}

bool MatchSegment(std::string_view pattern, std::string_view segment, PathValues& values) {
  if (!pattern.starts_with('{')) return pattern == segment;
  const std::size_t close = pattern.find('}');
  const std::string_view tail = pattern.substr(close + 1);
  if (!segment.ends_with(tail) || segment.size() == tail.size()) return false;
  const std::string_view value = segment.substr(0, segment.size() - tail.size());
  values[std::string(pattern.substr(1, close - 1))] = PercentDecode(value);
  return true;
}

std::optional<PathValues> MatchPath(const std::vector<std::string>& pattern,
                                    const std::vector<std::string_view>& segments) {
  if (pattern.size() != segments.size()) return std::nullopt;
  PathValues values;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (!MatchSegment(pattern[i], segments[i], values)) return std::nullopt;
  }
  return values;
}

}  // namespace

std::string_view Exchange::Path(std::string_view name) const {
  const auto found = path.find(name);
  return found == path.end() ? std::string_view() : found->second;
}

void Router::Add(std::string_view method, std::string_view pattern, Handler handler) {
  std::vector<std::string> segments;
  for (const std::string_view segment : Split(pattern)) segments.emplace_back(segment);
  routes_.push_back({std::string(method), std::move(segments), std::move(handler)});
}

Router::Match Router::Find(std::string_view method, std::string_view path) const {
  Match match;
  if (!path.starts_with('/')) return match;
  const std::vector<std::string_view> segments = Split(path);
  for (const Route& route : routes_) {
    std::optional<PathValues> values = MatchPath(route.pattern, segments);
    if (!values) continue;
    if (route.method == method || (method == "HEAD" && route.method == "GET")) {
      return {&route.handler, *std::move(values), ""};
    }
    match.allow += (match.allow.empty() ? "" : ", ") + route.method;
  }
  return match;
}

}  // namespace perigee::http_server
