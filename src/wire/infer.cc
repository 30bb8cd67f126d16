#include "wire/infer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>
#include <span>
#include <string_view>
#include <utility>

#include "wire/tensor_json.h"

namespace perigee::wire {
namespace {

using tensor::Tensor;

// "0.826453:504:COFFEE MUG", as Triton prints it.
std::string ClassText(const Tensor& scores, std::size_t at, std::size_t index,
                      std::span<const std::string> labels) {
  std::string text = fmt::format("{:f}:{}", ElementAsNumber(scores, at), index);
  if (index < labels.size()) text += ":" + labels[index];
  return text;
}

// The indices of the `count` best of one row, best first; equal scores in the order of the row.
// NaN is worse than any number.
std::vector<std::size_t> Best(const Tensor& scores, std::size_t first, std::size_t row_size,
                              std::size_t count) {
  std::vector<std::size_t> order(row_size);
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto score = [&scores, first](std::size_t index) {
    const double number = ElementAsNumber(scores, first + index);
    return std::isnan(number) ? -std::numeric_limits<double>::infinity() : number;
  };
  const auto better = [&score](std::size_t left, std::size_t right) {
    return std::pair(-score(left), left) < std::pair(-score(right), right);
  };
  std::ranges::partial_sort(order, order.begin() + static_cast<std::ptrdiff_t>(count), better);
  order.resize(count);
  return order;
}

Result<Tensor> Classify(const Tensor& scores, const RequestedOutput& wanted, bool batched,
                        std::span<const std::string> labels) {
  if (scores.dtype() == tensor::DType::kBytes || (batched && scores.shape().empty())) {
    return Fail(
        InvalidArgument(fmt::format("classify output {}: its values are no scores", wanted.name)));
  }
  const auto total = static_cast<std::size_t>(scores.element_count());
  const auto rows = batched ? static_cast<std::size_t>(scores.shape()[0]) : std::size_t{1};
  const std::size_t row_size = rows == 0 ? 0 : total / rows;
  const std::size_t count = std::min(row_size, static_cast<std::size_t>(wanted.classification));
  std::vector<std::string> classes;
  for (std::size_t row = 0; row < rows; ++row) {
    const std::size_t first = row * row_size;
    for (const std::size_t index : Best(scores, first, row_size, count)) {
      classes.push_back(ClassText(scores, first + index, index, labels));
    }
  }
  tensor::Shape shape = {static_cast<std::int64_t>(count)};
  if (batched) shape.insert(shape.begin(), static_cast<std::int64_t>(rows));
  return Tensor::OfBytes(std::move(shape), classes);
}

std::span<const std::string> LabelsOf(const model::Description& description,
                                      std::string_view output) {
  for (const model::TensorSpec& spec : description.outputs) {
    if (spec.name == output) return spec.labels;
  }
  return {};
}

// Moves the output out of `tensors`.
Result<model::NamedTensor> Pick(const RequestedOutput& wanted,
                                const model::Description& description, model::Tensors& tensors) {
  const auto found = std::ranges::find(tensors, wanted.name, &model::NamedTensor::name);
  if (found == tensors.end()) {
    return Fail(InvalidArgument(
        fmt::format("answer with output {}: model {} has none of that name or it was asked for "
                    "twice",
                    wanted.name, description.name)));
  }
  model::NamedTensor output = std::move(*found);
  tensors.erase(found);
  if (wanted.classification > 0) {
    Tensor classes = TRY(Classify(output.tensor, wanted, description.batch_max > 0,
                                  LabelsOf(description, wanted.name)));
    output.tensor = std::move(classes);
  }
  return output;
}

}  // namespace

Result<InferResponse> ToResponse(const InferRequest& request, const model::Description& description,
                                 model::Tensors outputs) {
  InferResponse response{description.name, description.version, request.id, {}};
  if (!request.model_name.empty()) response.model_name = request.model_name;
  if (request.outputs.empty()) {
    response.outputs = std::move(outputs);
    return response;
  }
  for (const RequestedOutput& wanted : request.outputs) {
    model::NamedTensor output = TRY(Pick(wanted, description, outputs));
    response.outputs.push_back(std::move(output));
  }
  return response;
}

}  // namespace perigee::wire
