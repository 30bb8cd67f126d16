// Media types and multipart/form-data of wire/form.h.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "wire/form.h"
#include "wire/json_writer.h"

namespace perigee::wire {
namespace {

constexpr std::size_t kBoundaryBytesMax = 70;  // RFC 2046
constexpr std::size_t kPartHeadBytesMax = 4096;

Error Broken(std::string_view why) { return InvalidArgument(fmt::format("parse form: {}", why)); }

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& character : lower) {
    if (character >= 'A' && character <= 'Z') character = static_cast<char>(character + 32);
  }
  return lower;
}

std::string_view Trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// The text of a quoted string that starts after its quote; moves `rest` behind the closing one.
std::optional<std::string> TakeQuoted(std::string_view& rest) {
  std::string value;
  for (std::size_t i = 0; i < rest.size(); ++i) {
    if (rest[i] == '"') {
      rest.remove_prefix(i + 1);
      return value;
    }
    if (rest[i] == '\\' && i + 1 < rest.size()) ++i;
    value += rest[i];
  }
  return std::nullopt;
}

// The parameter of a header such as `form-data; name="a"; filename="b"`; unset if absent.
std::optional<std::string> FindParameter(std::string_view header, std::string_view wanted) {
  std::size_t next = header.find(';');
  while (next != header.npos) {
    header.remove_prefix(next + 1);
    const std::size_t equals = header.find('=');
    if (equals == header.npos) return std::nullopt;
    const bool found = Lower(Trim(header.substr(0, equals))) == wanted;
    header = Trim(header.substr(equals + 1));
    std::optional<std::string> value;
    if (header.starts_with('"')) {
      header.remove_prefix(1);
      value = TakeQuoted(header);
      if (!value) return std::nullopt;
    } else {
      value = std::string(Trim(header.substr(0, header.find(';'))));
    }
    if (found) return value;
    next = header.find(';');
  }
  return std::nullopt;
}

struct Part {
  std::string disposition;
  std::string content_type;
  std::string_view content;
};

Result<Part> ReadPart(std::string_view text) {
  // A part without any header starts with the empty line.
  const std::size_t end = text.starts_with("\r\n") ? 0 : text.find("\r\n\r\n");
  if (end == text.npos || end > kPartHeadBytesMax) {
    return Fail(Broken("a part's headers have no end or are too long"));
  }
  Part part;
  part.content = text.substr(text.starts_with("\r\n") ? 2 : end + 4);
  std::string_view head = text.substr(0, end);
  while (!head.empty()) {
    const std::size_t line_end = std::min(head.find("\r\n"), head.size());
    const std::string_view line = head.substr(0, line_end);
    head.remove_prefix(std::min(line_end + 2, head.size()));
    const std::size_t colon = line.find(':');
    if (colon == line.npos) return Fail(Broken("a part's header has no colon"));
    const std::string name = Lower(Trim(line.substr(0, colon)));
    if (name == "content-disposition") part.disposition = Trim(line.substr(colon + 1));
    if (name == "content-type") part.content_type = MediaType(line.substr(colon + 1));
  }
  return part;
}

bool IsFile(const Part& part) {
  return FindParameter(part.disposition, "filename") || part.content_type.starts_with("image/");
}

Result<void> AddOption(const Part& part, task::Options& options) {
  std::optional<std::string> name = FindParameter(part.disposition, "name");
  if (!name || name->empty() || name->size() > kOptionNameBytesMax || !IsUtf8(*name)) {
    return Fail(Broken("a part has no name or one that is too long"));
  }
  if (part.content.size() > kOptionValueBytesMax || !IsUtf8(part.content)) {
    return Fail(Broken(fmt::format("option {} is too long or not UTF-8", *name)));
  }
  if (options.size() == kOptionsMax) return Fail(Broken("too many options"));
  const bool added = options.emplace(*name, part.content).second;
  if (!added) return Fail(Broken(fmt::format("option {} is given twice", *name)));
  return {};
}

Result<void> AddPart(std::string_view text, std::optional<Part>& file, task::Options& options) {
  Part part = TRY(ReadPart(text));
  if (!IsFile(part)) return AddOption(part, options);
  if (file) return Fail(Broken("more than one file"));
  file = std::move(part);
  return {};
}

Result<std::string> ReadBoundary(std::string_view content_type) {
  if (MediaType(content_type) != "multipart/form-data") {
    return Fail(Broken("the content type is not multipart/form-data"));
  }
  std::optional<std::string> boundary = FindParameter(content_type, "boundary");
  if (!boundary || boundary->empty() || boundary->size() > kBoundaryBytesMax) {
    return Fail(Broken("the content type has no boundary of 1 to 70 bytes"));
  }
  return *std::move(boundary);
}

// Moves `rest` behind the first delimiter line; what stands before it is to be ignored.
Result<void> SkipPreamble(std::string_view delimiter, std::string_view& rest) {
  const std::string_view opening = delimiter.substr(2);  // no line break before the very first
  const std::size_t at = rest.starts_with(opening) ? 0 : rest.find(delimiter);
  if (at == rest.npos) return Fail(Broken("the boundary does not occur"));
  rest.remove_prefix(at == 0 && rest.starts_with(opening) ? opening.size() : at + delimiter.size());
  return {};
}

}  // namespace

std::string MediaType(std::string_view content_type) {
  return Lower(Trim(content_type.substr(0, content_type.find(';'))));
}

Result<task::Payload> ParseMultipart(std::span<const std::byte> body,
                                     std::string_view content_type) {
  const std::string boundary = TRY(ReadBoundary(content_type));
  const std::string delimiter = "\r\n--" + boundary;
  std::string_view rest(reinterpret_cast<const char*>(body.data()), body.size());
  TRY(SkipPreamble(delimiter, rest));
  std::optional<Part> file;
  task::Payload payload;
  for (std::size_t parts = 0; !rest.starts_with("--"); ++parts) {
    if (parts == kPartsMax) return Fail(Broken(fmt::format("more than {} parts", kPartsMax)));
    const std::size_t start = rest.find("\r\n");
    const std::size_t end = start == rest.npos ? start : rest.find(delimiter, start);
    if (end == rest.npos) return Fail(Broken("the last part has no end"));
    // The line break that ends the delimiter may also begin the next one: an empty part.
    const std::size_t first = std::min(start + 2, end);
    TRY(AddPart(rest.substr(first, end - first), file, payload.options));
    rest.remove_prefix(end + delimiter.size());
  }
  if (!file) return Fail(Broken("no part has a file name or an image type"));
  payload.bytes = std::as_bytes(std::span(file->content));
  payload.media_type = file->content_type;
  return payload;
}

}  // namespace perigee::wire
