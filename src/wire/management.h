// The management API under /api/v1/models (api/openapi.yaml), and what its callers and those of the
// Open Inference Protocol's repository extension may send. Values in, JSON out, and back. Pure;
// any thread.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/profile.h"
#include "model/repository.h"

namespace perigee::wire {

// {"models": [{"name": ..., "versions": [...]}, ...]}
std::string ModelListJson(std::span<const model::ModelStatus> models);
std::string ModelStatusJson(const model::ModelStatus& model);

// {"source": "measured", "points": [{"rows": 1, "median_ms": 1.2, "p95_ms": 1.4}], "plan": {...},
// "devices": ["cpu:0"]}; "cache_problem" only if there is one.
std::string ProfileJson(const model::Profile& profile);

// {"version": "2", "percent": 10, "window": 100, "good_windows": 10, "slowdown_max": 1.2}; all but
// the version may be left out. An unknown key is refused.
Result<model::CanaryPlan> ParseCanaryPlan(std::span<const std::byte> body);

// The body of a load or unload, which is empty or an object of parameters. Unimplemented for those
// that bring a configuration or files along: here the folder alone says what a model is.
// `attempt` leads the messages.
Result<void> CheckLoadRequest(std::span<const std::byte> body, std::string_view attempt);
// One such parameter, for the protocols that have their own form of them.
Result<void> CheckLoadParameter(std::string_view name, std::string_view attempt);

}  // namespace perigee::wire
