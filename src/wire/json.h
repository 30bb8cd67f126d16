// JSON text read into a document, over simdjson: strict, UTF-8 checked, nesting bounded before
// anything is built. Values are views that the document must outlive. Immutable; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "tensor/dtype.h"
#include "tensor/shape.h"

namespace perigee::wire {

inline constexpr std::size_t kJsonDepthMax = 32;  // a tensor of 16 dimensions and its envelope

class JsonValue {
 public:
  // Each empty unless the value is of that kind.
  std::optional<bool> Bool() const;
  std::optional<std::int64_t> Integer() const;
  std::optional<double> Number() const;
  std::optional<std::string_view> String() const;
  std::optional<JsonValue> Find(std::string_view key) const;  // of an object

  bool IsNull() const;
  bool IsArray() const;
  bool IsObject() const;
  // Direct children; none unless of that kind.
  std::vector<JsonValue> Elements() const;
  std::vector<std::pair<std::string_view, JsonValue>> Members() const;

 private:
  // The two words of simdjson::dom::element, whose header stays out of ours.
  [[maybe_unused]] const void* document_ = nullptr;
  [[maybe_unused]] std::size_t index_ = 0;
};

class JsonDocument {
 public:
  // `attempt` leads the error: "parse infer request: ...".
  static Result<JsonDocument> Parse(std::span<const std::byte> text, std::string_view attempt);
  JsonDocument(JsonDocument&&) noexcept;
  JsonDocument& operator=(JsonDocument&&) noexcept;
  ~JsonDocument();

  JsonValue root() const;

 private:
  struct State;
  explicit JsonDocument(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// The numbers, booleans or strings of nested arrays, flattened in the tensor's binary form.
struct Leaves {
  tensor::Shape shape;  // the nesting; [] for a value that is no array
  std::vector<std::byte> bytes;
};

// How BYTES elements may stand.
enum class BytesForm { kString, kStringOrBase64Object };

// InvalidArgument for ragged nesting, an element of another kind, or one out of the dtype's range.
// FP16 and BF16 have no JSON form here.
Result<Leaves> ReadLeaves(JsonValue value, tensor::DType dtype, BytesForm form);

}  // namespace perigee::wire
