#include "wire/error.h"

#include <array>

#include "wire/json.h"
#include "wire/json_writer.h"

namespace perigee::wire {
namespace {

struct Row {
  Code code;
  int status;
};

constexpr std::array<Row, 10> kRows = {{
    {Code::kInvalidArgument, 400},
    {Code::kUnauthenticated, 401},
    {Code::kPermissionDenied, 403},
    {Code::kNotFound, 404},
    {Code::kResourceExhausted, 429},
    {Code::kCancelled, 499},
    {Code::kInternal, 500},
    {Code::kUnimplemented, 501},
    {Code::kUnavailable, 503},
    {Code::kDeadlineExceeded, 504},
}};

}  // namespace

int HttpStatus(Code code) {
  for (const Row& row : kRows) {
    if (row.code == code) return row.status;
  }
  return 500;
}

Code CodeOfStatus(int status) {
  for (const Row& row : kRows) {
    if (row.status == status) return row.code;
  }
  return status >= 400 && status < 500 ? Code::kInvalidArgument : Code::kInternal;
}

std::string ErrorJson(std::string_view message) {
  JsonWriter json;
  json.BeginObject().Key("error").String(message).EndObject();
  return std::move(json).Take();
}

Error ParseError(int status, std::span<const std::byte> body) {
  const Result<JsonDocument> document = JsonDocument::Parse(body, "parse error body");
  if (document) {
    const std::optional<JsonValue> sentence = document->root().Find("error");
    const auto text = sentence ? sentence->String() : std::nullopt;
    if (text) return {CodeOfStatus(status), std::string(*text)};
  }
  return {CodeOfStatus(status), "the node answered with HTTP status " + std::to_string(status)};
}

}  // namespace perigee::wire
