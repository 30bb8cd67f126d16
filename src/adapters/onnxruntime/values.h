// Our tensors as ONNX Runtime's values, and back. Functions that call the library may throw
// Ort::Exception; Session catches. Any thread.
#pragma once

#include <onnxruntime_cxx_api.h>

#include <cstddef>
#include <optional>
#include <vector>

#include "base/result.h"
#include "tensor/tensor.h"

namespace perigee::onnxruntime {

// Memory as aligned as any element type wants it.
using AlignedBytes = std::vector<std::max_align_t>;

// nullopt: the Open Inference Protocol has no such type.
std::optional<tensor::DType> ToDType(ONNXTensorElementDataType type);

// Borrows the tensor's bytes, or `copy`, which they are copied to if a network buffer left them
// unaligned: vectorised kernels trust the alignment. BYTES are always copied, into the value.
Ort::Value ToValue(const tensor::Tensor& tensor, AlignedBytes& copy);

// Copies.
Result<tensor::Tensor> ToTensor(const Ort::Value& value);

}  // namespace perigee::onnxruntime
