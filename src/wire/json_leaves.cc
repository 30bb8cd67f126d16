// ReadLeaves of wire/json.h: nested arrays flattened into a tensor's bytes, one pass.
#include <simdjson.h>

#include <bit>
#include <cmath>
#include <string>
#include <type_traits>
#include <utility>

#include "wire/base64.h"
#include "wire/json.h"

namespace perigee::wire {

using simdjson::dom::element;

namespace {

// One leaf into `out`; false if it is of another kind or out of range.
template <typename T>
bool Store(element leaf, T& out) {
  if constexpr (std::is_floating_point_v<T>) {
    double number = 0;
    if (leaf.get(number) != simdjson::SUCCESS) return false;
    out = static_cast<T>(number);
    return std::isfinite(out);
  } else if constexpr (std::is_same_v<T, std::uint64_t>) {
    return leaf.get(out) == simdjson::SUCCESS;
  } else {
    std::int64_t number = 0;
    if (leaf.get(number) != simdjson::SUCCESS || !std::in_range<T>(number)) return false;
    out = static_cast<T>(number);
    return true;
  }
}

// Booleans may be numbers too.
struct Truth {
  std::uint8_t value = 0;
};

bool Store(element leaf, Truth& out) {
  bool truth = false;
  if (leaf.get(truth) == simdjson::SUCCESS) {
    out.value = truth ? 1 : 0;
    return true;
  }
  return Store(leaf, out.value) && out.value <= 1;
}

template <typename T>
class FixedLeaves {
 public:
  bool Add(element leaf) {
    T value{};
    if (!Store(leaf, value)) return false;
    values_.push_back(value);
    return true;
  }
  std::vector<std::byte> Take() && {
    const auto bytes = std::as_bytes(std::span(values_));
    return {bytes.begin(), bytes.end()};
  }

 private:
  std::vector<T> values_;
};

class BytesLeaves {
 public:
  explicit BytesLeaves(BytesForm form) : form_(form) {}

  bool Add(element leaf) {
    std::string_view text;
    if (leaf.get(text) == simdjson::SUCCESS) return Append(text);
    if (form_ != BytesForm::kStringOrBase64Object) return false;
    if (leaf.at_key("b64").get(text) != simdjson::SUCCESS) return false;
    const std::optional<std::string> decoded = DecodeBase64(text);
    return decoded && Append(*decoded);
  }
  std::vector<std::byte> Take() && { return std::move(bytes_); }

 private:
  bool Append(std::string_view text) {
    if (!std::in_range<std::uint32_t>(text.size())) return false;
    const auto length = static_cast<std::uint32_t>(text.size());
    const auto prefix = std::as_bytes(std::span(&length, 1));
    const auto content = std::as_bytes(std::span(text));
    bytes_.insert(bytes_.end(), prefix.begin(), prefix.end());
    bytes_.insert(bytes_.end(), content.begin(), content.end());
    return true;
  }

  BytesForm form_;
  std::vector<std::byte> bytes_;
};

// Walks nested arrays and learns the shape from the first one met at each depth.
template <typename Sink>
class Walk {
 public:
  explicit Walk(Sink sink) : sink_(std::move(sink)) {}

  Result<Leaves> Run(element root, tensor::DType dtype) {
    if (!Visit(root, 0)) {
      return Fail(InvalidArgument(ragged_ ? "the nested arrays are ragged"
                                          : "an element is no " +
                                                std::string(tensor::DTypeName(dtype)) +
                                                " or is out of its range"));
    }
    return Leaves{std::move(shape_), std::move(sink_).Take()};
  }

 private:
  bool Visit(element value, std::size_t depth) {
    simdjson::dom::array array;
    if (value.get(array) != simdjson::SUCCESS) return VisitLeaf(value, depth);
    if (bottom_ && depth >= shape_.size()) return Ragged();
    const bool first = depth == shape_.size();
    if (first) shape_.push_back(0);
    std::int64_t count = 0;
    for (const element child : array) {
      if (!Visit(child, depth + 1)) return false;
      ++count;
    }
    if (first) shape_[depth] = count;
    if (count == 0) bottom_ = true;
    return shape_[depth] == count || Ragged();
  }

  bool VisitLeaf(element leaf, std::size_t depth) {
    bottom_ = true;  // nothing nests deeper than the first leaf
    return depth == shape_.size() ? sink_.Add(leaf) : Ragged();
  }

  bool Ragged() {
    ragged_ = true;
    return false;
  }

  Sink sink_;
  tensor::Shape shape_;
  bool bottom_ = false;
  bool ragged_ = false;
};

template <typename T>
Result<Leaves> ReadFixed(element root, tensor::DType dtype) {
  return Walk(FixedLeaves<T>()).Run(root, dtype);
}

}  // namespace

Result<Leaves> ReadLeaves(JsonValue value, tensor::DType dtype, BytesForm form) {
  using enum tensor::DType;
  const element root = std::bit_cast<element>(value);
  switch (dtype) {
    case kBool:
      return ReadFixed<Truth>(root, dtype);
    case kUint8:
      return ReadFixed<std::uint8_t>(root, dtype);
    case kUint16:
      return ReadFixed<std::uint16_t>(root, dtype);
    case kUint32:
      return ReadFixed<std::uint32_t>(root, dtype);
    case kUint64:
      return ReadFixed<std::uint64_t>(root, dtype);
    case kInt8:
      return ReadFixed<std::int8_t>(root, dtype);
    case kInt16:
      return ReadFixed<std::int16_t>(root, dtype);
    case kInt32:
      return ReadFixed<std::int32_t>(root, dtype);
    case kInt64:
      return ReadFixed<std::int64_t>(root, dtype);
    case kFp32:
      return ReadFixed<float>(root, dtype);
    case kFp64:
      return ReadFixed<double>(root, dtype);
    case kBytes:
      return Walk(BytesLeaves(form)).Run(root, dtype);
    case kFp16:
    case kBf16:
      break;
  }
  return Fail(InvalidArgument(std::string(tensor::DTypeName(dtype)) +
                              " has no JSON form; send it as binary data"));
}

}  // namespace perigee::wire
