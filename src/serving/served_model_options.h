// How a model is to be served: what an operator or a card may say. Plain values.
#pragma once

#include <filesystem>
#include <string>

#include "base/clock.h"

namespace perigee::serving {

// The first dimension is a batch of up to kBatchDefault rows if the file leaves it open in all
// inputs and outputs.
inline constexpr int kBatchAsFile = -1;
inline constexpr int kBatchDefault = 8;
// What the profile says pays; 1 until there is one.
inline constexpr int kGatherByProfile = 0;

struct ProfileOptions {
  // Measure in idle time what runs of 1, 2, 4, ... rows take, unless the cache knows it.
  bool measure = false;
  std::filesystem::path cache;  // a folder; empty: nothing is kept
  Duration estimate{};          // of one row, by the card; 0: none
};

struct ServedModelOptions {
  int instances = 1;             // sessions, each with a thread; 0: one per core
  int threads = 1;               // inside one run; 0: by the plan, which says 1
  int batch_max = kBatchAsFile;  // rows of one request; 0: the first dimension is not a batch
  // Rows of different requests gathered into one run. Where a batch runs no faster than its rows
  // one by one, as on most CPUs, 1: every instance that is free takes one at once.
  int gather_max = kGatherByProfile;
  Duration wait_max{};  // how long a request may be held back for others to join it
  int queue_max = 256;  // requests
  std::string device = "cpu";
  // A run that takes longer is stopped; if it does not end, its callers are answered and another
  // instance takes over. 0: runs may take for ever.
  Duration run_max{};
  // Folder to which the scheduler's trace goes, as <name>-<version>.trace, for `perigee replay`;
  // empty: none is written. What is gathered then does not change with the profile.
  std::filesystem::path trace_folder;
  ProfileOptions profile;
};

}  // namespace perigee::serving
