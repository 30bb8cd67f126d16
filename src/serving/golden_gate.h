// The gate that a version passes before it takes traffic: it must answer as its card says.
#pragma once

#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "model/golden.h"
#include "model/model.h"

namespace perigee::serving {

// Runs the vectors that are of the model's version through the model, as callers would. Blocks;
// each has a minute. InvalidArgument names what differs.
Result<void> PassGolden(model::Model& model, const std::vector<model::Golden>& vectors,
                        const Clock& clock);

}  // namespace perigee::serving
