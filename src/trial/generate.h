// Makes traces of the simulated workload: 80 and 400 ms budgets, half each, on one instance that
// takes 20 + 5 b ms for b rows, b up to 8. The same text for the same words. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace perigee::trial {

inline constexpr int kGeneratedEventsMax = 2'000'000;

// `words`: "load=1.2,seed=3,events=1000000,tenants=1", each of which may be left out.
// InvalidArgument names the one that is wrong.
Result<std::string> GenerateTrace(std::string_view words);

}  // namespace perigee::trial
