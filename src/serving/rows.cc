#include "serving/rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>

#include "base/check.h"
#include "tensor/tensor.h"

namespace perigee::serving {
namespace {

using tensor::DType;
using tensor::Shape;
using tensor::Tensor;

bool SameRows(const Tensor& a, const Tensor& b) {
  return a.dtype() == b.dtype() && !a.shape().empty() && a.shape().size() == b.shape().size() &&
         std::equal(a.shape().begin() + 1, a.shape().end(), b.shape().begin() + 1);
}

Shape WithRows(Shape shape, std::int64_t rows) {
  shape[0] = rows;
  return shape;
}

// Bytes of the first `count` of the BYTES elements that `bytes` begins with.
std::size_t ElementBytes(std::span<const std::byte> bytes, std::int64_t count) {
  std::size_t at = 0;
  for (; count > 0; --count) {
    std::uint32_t length = 0;
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), sizeof length,
                reinterpret_cast<std::byte*>(&length));
    at += sizeof length + length;
  }
  return at;
}

// Takes the next `rows` rows off the front of `rest`, which are of an output of `whole`'s shape.
Result<Tensor> CutRows(const Tensor& whole, std::span<const std::byte>& rest, int rows) {
  Shape shape = WithRows(whole.shape(), rows);
  const std::int64_t count = TRY(tensor::ElementCount(shape));
  const std::size_t size = whole.dtype() == DType::kBytes
                               ? ElementBytes(rest, count)
                               : static_cast<std::size_t>(count) * DTypeSize(whole.dtype());
  const std::span<const std::byte> ours = rest.first(size);
  rest = rest.subspan(size);
  return Tensor::Own(whole.dtype(), std::move(shape), {ours.begin(), ours.end()});
}

}  // namespace

Result<model::Tensors> RowBuffer::Gather(const Batch& batch,
                                         const std::vector<model::TensorSpec>& specs) {
  buffers_.resize(specs.size());
  model::Tensors inputs;
  inputs.reserve(specs.size());
  for (std::size_t i = 0; i < specs.size(); ++i) {
    model::NamedTensor input = TRY(GatherInput(batch, specs[i], buffers_[i]));
    inputs.push_back(std::move(input));
  }
  return inputs;
}

model::Tensors RowBuffer::Copy(const model::Tensors& inputs) {
  buffers_.resize(std::max(buffers_.size(), inputs.size()));
  model::Tensors copies;
  copies.reserve(inputs.size());
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const auto& [name, input] = inputs[i];
    buffers_[i].assign(input.bytes().begin(), input.bytes().end());
    Result<Tensor> copy = Tensor::Borrow(input.dtype(), input.shape(), buffers_[i]);
    CHECK(copy.has_value());  // as many bytes as the original
    copies.push_back({name, *std::move(copy)});
  }
  return copies;
}

Result<model::NamedTensor> RowBuffer::GatherInput(const Batch& batch, const model::TensorSpec& spec,
                                                  std::vector<std::byte>& buffer) {
  buffer.clear();
  const Tensor* first = nullptr;
  for (const auto& request : batch.requests) {
    const Tensor* input = model::Find(*request->inputs, spec.name);
    if (first == nullptr) first = input;
    if (input == nullptr || !SameRows(*first, *input)) {
      return Fail(Internal("gather rows: input " + spec.name + " differs in shape"));
    }
    buffer.insert(buffer.end(), input->bytes().begin(), input->bytes().end());
  }
  CHECK(first != nullptr);  // a batch has requests
  Tensor rows = TRY(Tensor::Borrow(first->dtype(), WithRows(first->shape(), batch.rows), buffer));
  return model::NamedTensor{spec.name, std::move(rows)};
}

Result<void> Scatter(const model::Tensors& outputs, Batch& batch) {
  for (const auto& request : batch.requests) request->answer = model::Output();
  for (const model::NamedTensor& output : outputs) {
    std::span<const std::byte> rest = output.tensor.bytes();
    for (const auto& request : batch.requests) {
      Tensor rows = TRY(CutRows(output.tensor, rest, request->rows));
      request->answer->tensors.push_back({output.name, std::move(rows)});
    }
  }
  return {};
}

Result<void> CheckOutputs(const model::Tensors& outputs,
                          const std::vector<model::TensorSpec>& specs, int rows) {
  if (outputs.size() != specs.size()) {
    return Fail(Internal(fmt::format("check outputs: {} came where the model declares {}",
                                     outputs.size(), specs.size())));
  }
  for (std::size_t i = 0; i < specs.size(); ++i) {
    const auto& [name, output] = outputs[i];
    const model::TensorSpec& spec = specs[i];
    const bool fits = name == spec.name && output.dtype() == spec.dtype &&
                      tensor::ShapeFits(output.shape(), spec.shape);
    if (fits && (rows == 0 || (!output.shape().empty() && output.shape()[0] == rows))) continue;
    return Fail(Internal(
        fmt::format("check outputs: {} {} {} came where the model declares {} {} {}, of {} rows",
                    name, DTypeName(output.dtype()), tensor::ShapeText(output.shape()), spec.name,
                    DTypeName(spec.dtype), tensor::ShapeText(spec.shape), rows)));
  }
  return {};
}

}  // namespace perigee::serving
