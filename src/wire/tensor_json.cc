#include "wire/tensor_json.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <string_view>
#include <vector>

#include "wire/base64.h"

namespace perigee::wire {
namespace {

using tensor::DType;
using tensor::Tensor;

// Tensors from the network need not be aligned.
template <typename T>
T Load(const Tensor& tensor, std::size_t index) {
  T value{};
  std::memcpy(&value, tensor.bytes().data() + index * sizeof(T), sizeof(T));
  return value;
}

float BfloatToFloat(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

float HalfToFloat(std::uint16_t bits) {
  constexpr int kMantissaBits = 10;
  const int exponent = bits >> kMantissaBits & 31;
  const int mantissa = bits & 1023;
  const float sign = (bits & 0x8000) != 0 ? -1.0F : 1.0F;
  if (exponent == 31) return mantissa == 0 ? sign * INFINITY : NAN;
  if (exponent == 0) return sign * std::ldexp(static_cast<float>(mantissa), -24);
  return sign * std::ldexp(static_cast<float>(mantissa + 1024), exponent - 25);
}

float LoadFloat(const Tensor& tensor, std::size_t index) {
  if (tensor.dtype() == DType::kFp16) return HalfToFloat(Load<std::uint16_t>(tensor, index));
  if (tensor.dtype() == DType::kBf16) return BfloatToFloat(Load<std::uint16_t>(tensor, index));
  return Load<float>(tensor, index);
}

std::int64_t LoadSigned(const Tensor& tensor, std::size_t index) {
  switch (tensor.dtype()) {
    case DType::kInt8:
      return Load<std::int8_t>(tensor, index);
    case DType::kInt16:
      return Load<std::int16_t>(tensor, index);
    case DType::kInt32:
      return Load<std::int32_t>(tensor, index);
    default:
      return Load<std::int64_t>(tensor, index);
  }
}

std::uint64_t LoadUnsigned(const Tensor& tensor, std::size_t index) {
  switch (tensor.dtype()) {
    case DType::kBool:
    case DType::kUint8:
      return Load<std::uint8_t>(tensor, index);
    case DType::kUint16:
      return Load<std::uint16_t>(tensor, index);
    case DType::kUint32:
      return Load<std::uint32_t>(tensor, index);
    default:
      return Load<std::uint64_t>(tensor, index);
  }
}

enum class Kind { kFloat, kDouble, kSigned, kUnsigned, kTruth, kBytes };

Kind KindOf(DType dtype) {
  switch (dtype) {
    case DType::kFp16:
    case DType::kBf16:
    case DType::kFp32:
      return Kind::kFloat;
    case DType::kFp64:
      return Kind::kDouble;
    case DType::kInt8:
    case DType::kInt16:
    case DType::kInt32:
    case DType::kInt64:
      return Kind::kSigned;
    case DType::kBool:
      return Kind::kTruth;
    case DType::kBytes:
      return Kind::kBytes;
    default:
      return Kind::kUnsigned;
  }
}

void WriteBytes(std::string_view element, BytesOutput form, JsonWriter& json) {
  if (form == BytesOutput::kReplace || IsUtf8(element)) {
    json.String(element);
    return;
  }
  json.BeginObject().Key("b64").String(EncodeBase64(element)).EndObject();
}

}  // namespace

double ElementAsNumber(const Tensor& tensor, std::size_t index) {
  switch (KindOf(tensor.dtype())) {
    case Kind::kFloat:
      return LoadFloat(tensor, index);
    case Kind::kDouble:
      return Load<double>(tensor, index);
    case Kind::kSigned:
      return static_cast<double>(LoadSigned(tensor, index));
    default:
      return static_cast<double>(LoadUnsigned(tensor, index));
  }
}

TensorWriter::TensorWriter(const Tensor& tensor, BytesOutput form) : tensor_(tensor), form_(form) {
  if (tensor.dtype() == DType::kBytes) bytes_ = tensor.ByteElements();
}

void TensorWriter::Element(std::size_t index, JsonWriter& json) const {
  switch (KindOf(tensor_.dtype())) {
    case Kind::kFloat:
      json.Float(LoadFloat(tensor_, index));
      return;
    case Kind::kDouble:
      json.Number(Load<double>(tensor_, index));
      return;
    case Kind::kSigned:
      json.Integer(LoadSigned(tensor_, index));
      return;
    case Kind::kUnsigned:
      json.Unsigned(LoadUnsigned(tensor_, index));
      return;
    case Kind::kTruth:
      json.Bool(LoadUnsigned(tensor_, index) != 0);
      return;
    case Kind::kBytes:
      WriteBytes(bytes_[index], form_, json);
      return;
  }
}

void TensorWriter::Flat(JsonWriter& json) const {
  const auto count = static_cast<std::size_t>(tensor_.element_count());
  json.BeginArray();
  for (std::size_t i = 0; i < count; ++i) Element(i, json);
  json.EndArray();
}

void TensorWriter::Nested(JsonWriter& json) const { From(0, 0, json); }

void TensorWriter::Row(std::int64_t row, JsonWriter& json) const {
  const std::int64_t rows = tensor_.shape()[0];
  From(1, static_cast<std::size_t>(tensor_.element_count() / rows * row), json);
}

std::size_t TensorWriter::From(std::size_t depth, std::size_t index, JsonWriter& json) const {
  if (depth == tensor_.shape().size()) {
    Element(index, json);
    return index + 1;
  }
  json.BeginArray();
  for (std::int64_t i = 0; i < tensor_.shape()[depth]; ++i) index = From(depth + 1, index, json);
  json.EndArray();
  return index;
}

}  // namespace perigee::wire
