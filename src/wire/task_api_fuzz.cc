// Hostile forms, query strings, packed bodies and answers end in an error or in values that write
// back. The first byte picks the parser.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/check.h"
#include "wire/content_encoding.h"
#include "wire/error.h"
#include "wire/form.h"
#include "wire/task_api.h"

namespace {

using namespace perigee::wire;

void FuzzForm(std::string_view text) {
  // The first line is the header, the rest the body.
  const std::size_t end = text.find('\n');
  if (end == text.npos) return;
  const auto body = std::as_bytes(std::span(text.substr(end + 1)));
  const auto payload = ParseMultipart(body, text.substr(0, end));
  if (!payload || payload->bytes.empty()) return;
  CHECK(payload->bytes.data() >= body.data());
  CHECK(payload->bytes.data() + payload->bytes.size() <= body.data() + body.size());
}

void FuzzQuery(std::string_view text) {
  const auto options = ParseQuery(text);
  if (options) CHECK(ParseQuery(WriteQuery(*options)) == *options);
}

void FuzzAnswer(std::span<const std::byte> body) {
  const auto answer = ParseAnswer(body);
  if (!answer) return;
  const std::string text = WriteAnswer(*answer);
  const auto again = ParseAnswer(std::as_bytes(std::span(text)));
  CHECK(again.has_value() && WriteAnswer(*again) == text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto body = std::as_bytes(std::span(text));
  switch (data[0]) {
    case 'f':
      FuzzForm(text);
      break;
    case 'q':
      FuzzQuery(text);
      break;
    case 'a':
      FuzzAnswer(body);
      break;
    case 'e':
      (void)ParseError(400, body);
      break;
    case 'g':
      (void)Decompress("gzip", body, 1 << 16);
      break;
    case 'd':
      (void)Decompress("deflate", body, 1 << 16);
      break;
    default:
      (void)ChooseEncoding(text);
  }
  return 0;
}
