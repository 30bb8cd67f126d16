// How a served model is run: what follows from its profile. Pure values.
#pragma once

#include <vector>

#include "base/clock.h"
#include "model/profile.h"
#include "serving/service_profile.h"

namespace perigee::serving {

// What decides when nothing is configured.
struct PlanInput {
  int cores = 1;
  int batch_max = 1;
  std::vector<ProfilePoint> points;  // by rising rows; empty: nothing is known
};

// One instance of one thread per core: more instances beat more threads (docs/performance.md).
// Rows are gathered only where that pays.
model::Plan ChoosePlan(const PlanInput& input);

// The rows that a run answers most of a second, by the medians; 1 unless that is at least 5 % more
// than one row at a time gives, because gathering makes the first of them wait for the last.
int GatherThatPays(const std::vector<ProfilePoint>& points, int batch_max);

// `points` of one row that takes `estimate`, and proportionally more of more: what a card says
// before anything was measured.
std::vector<ProfilePoint> EstimatedPoints(Duration estimate, int rows_max);

}  // namespace perigee::serving
