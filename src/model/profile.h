// What is known of how long a model's runs take, and what follows from it. Plain values, for
// operators to read.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"

namespace perigee::model {

struct ProfilePoint {
  int rows = 1;
  Duration median{};
  Duration p95{};
};

struct Plan {
  int instances = 1;   // sessions, each with a thread
  int threads = 1;     // inside one run
  int gather_max = 1;  // rows of different callers in one run
};

enum class ProfileSource { kUnknown, kEstimate, kCached, kMeasured };

struct Profile {
  ProfileSource source = ProfileSource::kUnknown;  // of the first points; runs correct them since
  std::vector<ProfilePoint> points;                // by rising rows
  Plan plan;
  std::vector<std::string> devices;  // of each instance: "cpu:0"
  std::string cache_problem;         // why a measurement could not be kept; empty: no problem
};

}  // namespace perigee::model
