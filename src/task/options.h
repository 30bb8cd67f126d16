// Reads the options of a payload against a task's own table. Pure; any thread.
#pragma once

#include "base/result.h"
#include "task/task.h"

namespace perigee::task {

// InvalidArgument with one sentence for an option that the table lacks, is no number, or is out
// of range.
Result<void> CheckOptions(const Options& options, const Description& description);

// The option's number, or `fallback` if absent. Call CheckOptions first.
double NumberOr(const Options& options, std::string_view name, double fallback);

}  // namespace perigee::task
