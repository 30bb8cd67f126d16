#include "tensor/tensor.h"

#include <cstring>
#include <utility>

namespace perigee::tensor {
namespace {

constexpr std::size_t kLengthBytes = 4;

std::uint32_t ReadLength(const std::byte* bytes) {
  std::uint32_t length = 0;
  std::memcpy(&length, bytes, kLengthBytes);
  return length;
}

// BYTES: do the length prefixes tile the bytes exactly, `count` times?
Result<void> CheckElements(std::span<const std::byte> bytes, std::int64_t count) {
  std::int64_t found = 0;
  while (!bytes.empty()) {
    if (bytes.size() < kLengthBytes || ReadLength(bytes.data()) > bytes.size() - kLengthBytes) {
      return Fail(InvalidArgument("BYTES tensor: an element's length runs past the end"));
    }
    bytes = bytes.subspan(kLengthBytes + ReadLength(bytes.data()));
    ++found;
  }
  if (found != count) {
    return Fail(InvalidArgument("BYTES tensor: " + std::to_string(found) +
                                " elements where the shape has " + std::to_string(count)));
  }
  return {};
}

Result<void> CheckBytes(DType dtype, const Shape& shape, std::span<const std::byte> bytes) {
  const std::int64_t count = TRY(ElementCount(shape));
  if (dtype == DType::kBytes) return CheckElements(bytes, count);
  const std::uint64_t expected = static_cast<std::uint64_t>(count) * DTypeSize(dtype);
  if (bytes.size() == expected) return {};
  return Fail(InvalidArgument(std::string(DTypeName(dtype)) + " tensor of shape " +
                              ShapeText(shape) + ": " + std::to_string(bytes.size()) +
                              " bytes where " + std::to_string(expected) + " are needed"));
}

}  // namespace

Result<Tensor> Tensor::Own(DType dtype, Shape shape, std::vector<std::byte> bytes) {
  TRY(CheckBytes(dtype, shape, bytes));
  Tensor tensor;
  tensor.dtype_ = dtype;
  tensor.shape_ = std::move(shape);
  tensor.owned_ = std::move(bytes);
  return tensor;
}

Result<Tensor> Tensor::Borrow(DType dtype, Shape shape, std::span<const std::byte> bytes) {
  TRY(CheckBytes(dtype, shape, bytes));
  Tensor tensor;
  tensor.dtype_ = dtype;
  tensor.shape_ = std::move(shape);
  tensor.owning_ = false;
  tensor.borrowed_ = bytes;
  return tensor;
}

Tensor Tensor::Zeros(DType dtype, Shape shape) {
  const Result<std::int64_t> count = ElementCount(shape);
  CHECK(count.has_value() && dtype != DType::kBytes);
  Tensor tensor;
  tensor.dtype_ = dtype;
  tensor.shape_ = std::move(shape);
  tensor.owned_.resize(static_cast<std::size_t>(*count) * DTypeSize(dtype));
  return tensor;
}

Tensor Tensor::OfBytes(Shape shape, std::span<const std::string> elements) {
  std::vector<std::byte> bytes;
  for (const std::string& element : elements) {
    const auto length = static_cast<std::uint32_t>(element.size());
    const std::size_t at = bytes.size();
    bytes.resize(at + kLengthBytes + element.size());
    std::memcpy(bytes.data() + at, &length, kLengthBytes);
    std::memcpy(bytes.data() + at + kLengthBytes, element.data(), element.size());
  }
  Result<Tensor> tensor = Own(DType::kBytes, std::move(shape), std::move(bytes));
  CHECK(tensor.has_value());
  return *std::move(tensor);
}

std::int64_t Tensor::element_count() const { return *ElementCount(shape_); }

std::vector<std::string_view> Tensor::ByteElements() const {
  CHECK(dtype_ == DType::kBytes);
  std::vector<std::string_view> elements;
  std::span<const std::byte> rest = bytes();
  while (!rest.empty()) {
    const std::uint32_t length = ReadLength(rest.data());
    elements.emplace_back(reinterpret_cast<const char*>(rest.data()) + kLengthBytes, length);
    rest = rest.subspan(kLengthBytes + length);
  }
  return elements;
}

Tensor Tensor::Reshaped(Shape shape) && {
  const Result<std::int64_t> count = ElementCount(shape);
  CHECK(count.has_value() && *count == element_count());
  shape_ = std::move(shape);
  return std::move(*this);
}

}  // namespace perigee::tensor
