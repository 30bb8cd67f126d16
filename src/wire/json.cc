#include "wire/json.h"

#include <simdjson.h>

#include <bit>
#include <string>
#include <utility>

namespace perigee::wire {

using simdjson::dom::element;

struct JsonDocument::State {
  simdjson::dom::parser parser;
  element root;
};

namespace {

// A JsonValue is an element in disguise: both are trivially copyable and two words long.
element Open(JsonValue value) { return std::bit_cast<element>(value); }
JsonValue Close(element value) { return std::bit_cast<JsonValue>(value); }

template <typename T>
std::optional<T> Get(JsonValue value) {
  T got{};
  if (Open(value).get(got) != simdjson::SUCCESS) return std::nullopt;
  return got;
}

}  // namespace

std::optional<bool> JsonValue::Bool() const { return Get<bool>(*this); }
std::optional<std::int64_t> JsonValue::Integer() const { return Get<std::int64_t>(*this); }
std::optional<double> JsonValue::Number() const { return Get<double>(*this); }
std::optional<std::string_view> JsonValue::String() const { return Get<std::string_view>(*this); }

std::optional<JsonValue> JsonValue::Find(std::string_view key) const {
  element found;
  if (Open(*this).at_key(key).get(found) != simdjson::SUCCESS) return std::nullopt;
  return Close(found);
}

bool JsonValue::IsNull() const { return Open(*this).is_null(); }
bool JsonValue::IsArray() const { return Open(*this).is_array(); }
bool JsonValue::IsObject() const { return Open(*this).is_object(); }

std::vector<JsonValue> JsonValue::Elements() const {
  std::vector<JsonValue> elements;
  simdjson::dom::array array;
  if (Open(*this).get(array) != simdjson::SUCCESS) return elements;
  for (const element child : array) elements.push_back(Close(child));
  return elements;
}

std::vector<std::pair<std::string_view, JsonValue>> JsonValue::Members() const {
  std::vector<std::pair<std::string_view, JsonValue>> members;
  simdjson::dom::object object;
  if (Open(*this).get(object) != simdjson::SUCCESS) return members;
  for (const auto& [key, value] : object) members.emplace_back(key, Close(value));
  return members;
}

Result<JsonDocument> JsonDocument::Parse(std::span<const std::byte> text,
                                         std::string_view attempt) {
  if (text.empty()) return Fail(InvalidArgument(std::string(attempt) + ": the body is empty"));
  auto state = std::make_unique<State>();
  simdjson::error_code code = state->parser.allocate(text.size(), kJsonDepthMax);
  if (code == simdjson::SUCCESS) {
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
    code = state->parser.parse(bytes, text.size()).get(state->root);
  }
  if (code == simdjson::MEMALLOC || code == simdjson::CAPACITY) {
    return Fail(ResourceExhausted(std::string(attempt) + ": no memory for that much JSON"));
  }
  if (code != simdjson::SUCCESS) {
    return Fail(InvalidArgument(std::string(attempt) + ": " + simdjson::error_message(code)));
  }
  return JsonDocument(std::move(state));
}

JsonDocument::JsonDocument(std::unique_ptr<State> state) : state_(std::move(state)) {}
JsonDocument::JsonDocument(JsonDocument&&) noexcept = default;
JsonDocument& JsonDocument::operator=(JsonDocument&&) noexcept = default;
JsonDocument::~JsonDocument() = default;

JsonValue JsonDocument::root() const { return Close(state_->root); }

}  // namespace perigee::wire
