#include "adapters/onnxruntime/values.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>

namespace perigee::onnxruntime {
namespace {

using tensor::DType;

struct Pair {
  ONNXTensorElementDataType onnx;
  DType ours;
};

constexpr std::array<Pair, 14> kPairs = {{
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL, DType::kBool},
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8, DType::kUint8},
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT16, DType::kUint16},
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT32, DType::kUint32},
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT64, DType::kUint64},
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_INT8, DType::kInt8},
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_INT16, DType::kInt16},
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32, DType::kInt32},
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64, DType::kInt64},
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16, DType::kFp16},
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_BFLOAT16, DType::kBf16},
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, DType::kFp32},
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE, DType::kFp64},
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING, DType::kBytes},
}};

ONNXTensorElementDataType ToOnnx(DType dtype) {
  return std::ranges::find(kPairs, dtype, &Pair::ours)->onnx;
}

Ort::Value StringValue(const tensor::Tensor& tensor) {
  const Ort::AllocatorWithDefaultOptions allocator;
  Ort::Value value =
      Ort::Value::CreateTensor(allocator, tensor.shape().data(), tensor.shape().size(),
                               ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING);
  std::size_t index = 0;
  // Not FillStringTensor: it would end each at its first zero byte.
  for (const std::string_view element : tensor.ByteElements()) {
    std::ranges::copy(element, value.GetResizedStringTensorElementBuffer(index++, element.size()));
  }
  return value;
}

Result<tensor::Tensor> BytesTensor(const Ort::Value& value, tensor::Shape shape) {
  const std::size_t count = value.GetTensorTypeAndShapeInfo().GetElementCount();
  std::vector<std::string> elements;
  elements.reserve(count);
  for (std::size_t i = 0; i < count; ++i) elements.push_back(value.GetStringTensorElement(i));
  return tensor::Tensor::OfBytes(std::move(shape), elements);
}

}  // namespace

std::optional<DType> ToDType(ONNXTensorElementDataType type) {
  const auto found = std::ranges::find(kPairs, type, &Pair::onnx);
  return found == kPairs.end() ? std::nullopt : std::optional(found->ours);
}

Ort::Value ToValue(const tensor::Tensor& tensor, AlignedBytes& copy) {
  if (tensor.dtype() == DType::kBytes) return StringValue(tensor);
  const std::span<const std::byte> bytes = tensor.bytes();
  const void* data = bytes.data();
  const bool aligned = reinterpret_cast<std::uintptr_t>(data) % DTypeSize(tensor.dtype()) == 0;
  if (!aligned || data == nullptr) {
    copy.resize(bytes.size() / sizeof(std::max_align_t) + 1);
    if (data != nullptr) std::memcpy(copy.data(), data, bytes.size());
    data = copy.data();
  }
  // The library reads inputs only; its interface is the same for outputs.
  return Ort::Value::CreateTensor(Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault),
                                  const_cast<void*>(data), bytes.size(), tensor.shape().data(),
                                  tensor.shape().size(), ToOnnx(tensor.dtype()));
}

Result<tensor::Tensor> ToTensor(const Ort::Value& value) {
  const auto info = value.GetTensorTypeAndShapeInfo();
  const auto dtype = ToDType(info.GetElementType());
  if (!dtype) return Fail(Internal("read output: its element type is none that the file declared"));
  if (*dtype == DType::kBytes) return BytesTensor(value, info.GetShape());
  const auto* data = static_cast<const std::byte*>(value.GetTensorRawData());
  const std::size_t size = info.GetElementCount() * DTypeSize(*dtype);
  return tensor::Tensor::Own(*dtype, info.GetShape(), {data, data + size});
}

}  // namespace perigee::onnxruntime
