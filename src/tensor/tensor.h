// An n-dimensional array: element type, shape and bytes, which it owns or borrows.
//
// Bytes are row-major and little-endian, exactly as the binary tensor data extension of the Open
// Inference Protocol sends them, so a tensor goes from socket to model without a copy. A BYTES
// tensor holds each element as a 4-byte little-endian length followed by its bytes.
// Not thread-safe to write; safe to read from many threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/result.h"
#include "tensor/dtype.h"
#include "tensor/shape.h"

namespace perigee::tensor {

class Tensor {
 public:
  // An empty FP32 tensor of shape [0].
  Tensor() = default;

  // Takes the bytes over. InvalidArgument if they do not match dtype and shape.
  static Result<Tensor> Own(DType dtype, Shape shape, std::vector<std::byte> bytes);
  // The caller keeps `bytes` alive and unchanged for the tensor's life.
  static Result<Tensor> Borrow(DType dtype, Shape shape, std::span<const std::byte> bytes);
  // All zero. CHECKs that dtype is not BYTES and that the shape is one ElementCount accepts.
  static Tensor Zeros(DType dtype, Shape shape);
  // Copies `values`. CHECKs that their count is the shape's.
  template <typename T>
  static Tensor Of(Shape shape, std::span<const T> values);
  // BYTES elements, copied.
  static Tensor OfBytes(Shape shape, std::span<const std::string> elements);

  DType dtype() const { return dtype_; }
  const Shape& shape() const { return shape_; }
  std::span<const std::byte> bytes() const { return owning_ ? std::span(owned_) : borrowed_; }
  std::int64_t element_count() const;

  // The elements. CHECKs that T is the dtype's type and that the bytes are aligned for it, which
  // those borrowed from a network buffer need not be.
  template <typename T>
  std::span<const T> As() const {
    CHECK(kDTypeOf<T> == dtype_);
    CHECK(reinterpret_cast<std::uintptr_t>(bytes().data()) % alignof(T) == 0);
    return {reinterpret_cast<const T*>(bytes().data()), bytes().size() / sizeof(T)};
  }
  // Writable elements of an owning tensor.
  template <typename T>
  std::span<T> Mutable() {
    CHECK(kDTypeOf<T> == dtype_ && owning_);
    return {reinterpret_cast<T*>(owned_.data()), owned_.size() / sizeof(T)};
  }
  // Views of a BYTES tensor's elements, valid as long as its bytes.
  std::vector<std::string_view> ByteElements() const;

  // The same tensor with another shape of as many elements. CHECKs the count.
  Tensor Reshaped(Shape shape) &&;

 private:
  DType dtype_ = DType::kFp32;
  Shape shape_ = {0};
  bool owning_ = true;
  std::vector<std::byte> owned_;
  std::span<const std::byte> borrowed_;
};

template <typename T>
Tensor Tensor::Of(Shape shape, std::span<const T> values) {
  Tensor tensor = Zeros(kDTypeOf<T>, std::move(shape));
  std::span<T> elements = tensor.Mutable<T>();
  CHECK(elements.size() == values.size());
  for (std::size_t i = 0; i < values.size(); ++i) elements[i] = values[i];
  return tensor;
}

}  // namespace perigee::tensor
