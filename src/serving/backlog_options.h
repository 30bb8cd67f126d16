// What a Backlog is told at its start. Plain values.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/clock.h"
#include "serving/plan.h"
#include "serving/scheduler.h"

namespace perigee::serving {

struct BacklogOptions {
  std::string attempt;  // leads the messages: "infer emotion"
  SchedulerOptions scheduler;
  bool gather_by_plan = false;       // its batch_max changes to what a measurement says pays
  int measure_rows_max = 0;          // in idle time runs of up to so many rows are measured
  std::vector<ProfilePoint> points;  // known before
  model::ProfileSource source = model::ProfileSource::kUnknown;  // of `points`
  std::filesystem::path trace;  // a file that `perigee replay` reads; empty: none is written
  Duration run_max{};           // a run that takes longer is stopped; 0: none is
};

}  // namespace perigee::serving
