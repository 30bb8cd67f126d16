// Tensors written as JSON, and single elements read: what the protocols' codecs share.
// Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "tensor/tensor.h"
#include "wire/json_writer.h"

namespace perigee::wire {

// Element `index` as a number; not for BYTES.
double ElementAsNumber(const tensor::Tensor& tensor, std::size_t index);

// How a BYTES element that is not UTF-8 comes out.
enum class BytesOutput { kReplace, kBase64Object };

// The tensor must outlive it.
class TensorWriter {
 public:
  TensorWriter(const tensor::Tensor& tensor, BytesOutput form);

  void Flat(JsonWriter& json) const;                   // [1,2,3,4]
  void Nested(JsonWriter& json) const;                 // [[1,2],[3,4]]
  void Row(std::int64_t row, JsonWriter& json) const;  // [3,4]: one of the first dimension

 private:
  void Element(std::size_t index, JsonWriter& json) const;
  // The sub-array from dimension `depth` whose first element is `index`; returns the index after.
  std::size_t From(std::size_t depth, std::size_t index, JsonWriter& json) const;

  const tensor::Tensor& tensor_;
  BytesOutput form_;
  std::vector<std::string_view> bytes_;  // the elements of a BYTES tensor, found once
};

}  // namespace perigee::wire
