// Query strings of wire/form.h.
#include <fmt/format.h>

#include <charconv>
#include <utility>

#include "wire/form.h"
#include "wire/json_writer.h"

namespace perigee::wire {
namespace {

Error Broken(std::string_view why) { return InvalidArgument(fmt::format("parse query: {}", why)); }

Result<std::string> Decode(std::string_view text, std::size_t bytes_max) {
  // Three characters a byte at most.
  if (text.size() > 3 * bytes_max) return Fail(Broken("a name or value is too long"));
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i] == '+' ? ' ' : text[i];
      continue;
    }
    unsigned value = 0;
    const char* begin = text.data() + i + 1;
    const char* end = begin + 2;
    if (text.size() - i < 3 || std::from_chars(begin, end, value, 16).ptr != end) {
      return Fail(Broken("a % without two hexadecimal digits"));
    }
    decoded += static_cast<char>(value);
    i += 2;
  }
  if (decoded.size() > bytes_max) return Fail(Broken("a name or value is too long"));
  if (!IsUtf8(decoded)) return Fail(Broken("a name or value is not UTF-8"));
  return decoded;
}

Result<void> AddPair(std::string_view pair, task::Options& options) {
  const std::size_t equals = pair.find('=');
  std::string name = TRY(Decode(pair.substr(0, equals), kOptionNameBytesMax));
  const std::string_view text = equals == pair.npos ? "" : pair.substr(equals + 1);
  std::string value = TRY(Decode(text, kOptionValueBytesMax));
  if (name.empty()) return Fail(Broken("an option without a name"));
  if (options.size() == kOptionsMax) {
    return Fail(Broken(fmt::format("more than {} options", kOptionsMax)));
  }
  const auto [place, added] = options.emplace(std::move(name), std::move(value));
  if (!added) return Fail(Broken(fmt::format("option {} is given twice", place->first)));
  return {};
}

void AppendEscaped(std::string_view text, std::string& query) {
  constexpr std::string_view kPlain = "-._~";
  for (const char character : text) {
    const bool plain = (character >= '0' && character <= '9') ||
                       (character >= 'a' && character <= 'z') ||
                       (character >= 'A' && character <= 'Z') || kPlain.contains(character);
    if (plain) {
      query += character;
    } else {
      query += fmt::format("%{:02X}", static_cast<unsigned char>(character));
    }
  }
}

}  // namespace

Result<task::Options> ParseQuery(std::string_view query) {
  task::Options options;
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    query = end == query.npos ? "" : query.substr(end + 1);
    if (!pair.empty()) TRY(AddPair(pair, options));
  }
  return options;
}

std::string WriteQuery(const task::Options& options) {
  std::string query;
  for (const auto& [name, value] : options) {
    if (!query.empty()) query += '&';
    AppendEscaped(name, query);
    query += '=';
    AppendEscaped(value, query);
  }
  return query;
}

}  // namespace perigee::wire
