// What the codecs' tests share: text as bytes, and a model to parse against.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "model/model.h"

namespace perigee::wire {

inline std::span<const std::byte> Bytes(std::string_view text) {
  return std::as_bytes(std::span(text));
}

// One input and one output; batches of up to 8.
inline model::Description Sample(tensor::DType dtype, tensor::Shape shape) {
  model::Description description{"emotion", "1", "onnxruntime_onnx", {}, {}, 8};
  description.inputs = {{"image", dtype, std::move(shape), {}}};
  description.outputs = {
      {"probabilities", tensor::DType::kFp32, {-1, 3}, {"neutral", "happy", "sad"}}};
  return description;
}

}  // namespace perigee::wire
