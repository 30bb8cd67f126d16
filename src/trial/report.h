// What trials found, as JSON for programs and as tables for people. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "trial/evaluate.h"
#include "trial/interleave.h"
#include "trial/load.h"

namespace perigee::trial {

// One object, indented by two, no line end behind it. Times in ms, suffixed _ms; what is not known
// is left out.
std::string ToJson(const LoadReport& report);
std::string ToJson(const Evaluation& evaluation);
std::string ToJson(const Comparison& comparison);

// Lines of text, each ended.
std::string ToTable(const LoadReport& report);
std::string ToTable(const Evaluation& evaluation);
// `a` and `b` name what was compared, `unit` what was measured ("requests/s").
std::string ToTable(const Comparison& comparison, std::string_view a, std::string_view b,
                    std::string_view unit);

}  // namespace perigee::trial
