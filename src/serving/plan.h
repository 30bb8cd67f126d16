// How a served model is run: what follows from its profile, and what an operator reads of it.
// Pure values.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "serving/device.h"
#include "serving/service_profile.h"

namespace perigee::serving {

struct Plan {
  int instances = 1;   // sessions, each with a thread
  int threads = 1;     // inside one run
  int gather_max = 1;  // rows of different callers in one run
};

// What decides when nothing is configured.
struct PlanInput {
  int cores = 1;
  int batch_max = 1;
  std::vector<ProfilePoint> points;  // by rising rows; empty: nothing is known
};

// One instance of one thread per core: more instances beat more threads (docs/performance.md).
// Rows are gathered only where that pays.
Plan ChoosePlan(const PlanInput& input);

// The rows that a run answers most of a second, by the medians; 1 unless that is at least 5 % more
// than one row at a time gives, because gathering makes the first of them wait for the last.
int GatherThatPays(const std::vector<ProfilePoint>& points, int batch_max);

// `points` of one row that takes `estimate`, and proportionally more of more: what a card says
// before anything was measured.
std::vector<ProfilePoint> EstimatedPoints(Duration estimate, int rows_max);

enum class ProfileSource { kUnknown, kEstimate, kCached, kMeasured };
std::string_view SourceName(ProfileSource source);  // "measured"

// What `/api/v1/models/{m}/profile` shows.
struct ModelProfile {
  ProfileSource source = ProfileSource::kUnknown;  // of the first points; runs correct them since
  std::vector<ProfilePoint> points;
  Plan plan;
  struct Instance {
    Device device;
  };
  std::vector<Instance> instances;  // also those whose run hangs: Statistics::hung_now
  std::string cache_problem;        // why the measurement could not be kept; empty: no problem
};

}  // namespace perigee::serving
