// The counters of models under the names and in the units (microseconds) that Triton gives them, so
// that its dashboards and alerts work here: docs/user_guide/metrics.md of the Triton server. Values
// in, samples out. Pure; any thread.
#pragma once

#include <span>

#include "wire/exposition.h"
#include "wire/metrics.h"

namespace perigee::wire {

void WriteTritonMetrics(std::span<const ModelMetrics> models, Exposition& text);

}  // namespace perigee::wire
