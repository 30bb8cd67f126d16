#include "tensor/shape.h"

#include <algorithm>

namespace perigee::tensor {
namespace {

constexpr std::int64_t kElementsMax = std::int64_t{1} << 40;

}  // namespace

Result<std::int64_t> ElementCount(std::span<const std::int64_t> shape) {
  const auto negative = [](std::int64_t dimension) { return dimension < 0; };
  if (std::ranges::any_of(shape, negative)) {
    return Fail(InvalidArgument("shape " + ShapeText(shape) + ": negative"));
  }
  if (std::ranges::find(shape, 0) != shape.end()) return 0;
  std::int64_t count = 1;
  for (const std::int64_t dimension : shape) {
    if (count > kElementsMax / dimension) {
      return Fail(InvalidArgument("shape " + ShapeText(shape) + ": too many elements"));
    }
    count *= dimension;
  }
  return count;
}

std::string ShapeText(std::span<const std::int64_t> shape) {
  std::string text = "[";
  for (const std::int64_t dimension : shape) {
    if (text.size() > 1) text += ',';
    text += std::to_string(dimension);
  }
  return text + ']';
}

bool ShapeFits(std::span<const std::int64_t> shape, std::span<const std::int64_t> specification) {
  if (shape.size() != specification.size()) return false;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (specification[i] >= 0 && shape[i] != specification[i]) return false;
  }
  return true;
}

}  // namespace perigee::tensor
