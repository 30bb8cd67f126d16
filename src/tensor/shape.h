// Shapes: dimensions outermost first, row-major. -1 in a *specification* means "any".
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"

namespace perigee::tensor {

using Shape = std::vector<std::int64_t>;

// Product of the dimensions; 1 for a scalar. Refuses negative dimensions and products over 2^40,
// so that a hostile shape can neither overflow nor allocate.
Result<std::int64_t> ElementCount(std::span<const std::int64_t> shape);

// "[2,112,112,3]".
std::string ShapeText(std::span<const std::int64_t> shape);

// Does a concrete shape fit a specification in which -1 stands for any size?
bool ShapeFits(std::span<const std::int64_t> shape, std::span<const std::int64_t> specification);

}  // namespace perigee::tensor
