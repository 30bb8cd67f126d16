// How its author wants a model served: the card's [serving] table, or the same wishes read from a
// config.pbtxt. Whatever is absent is for the node to decide. Plain values.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"

namespace perigee::model {

// Which of the versions in the folder are offered.
struct VersionPolicy {
  enum class Kind { kAll, kLatest, kSpecific };
  Kind kind = Kind::kAll;
  int latest = 1;             // of kLatest: how many, the newest first
  std::vector<int> versions;  // of kSpecific

  bool operator==(const VersionPolicy&) const = default;
};

inline constexpr std::size_t kVariantsMax = 8;  // besides the model itself

struct ServingTable {
  std::optional<VersionPolicy> versions;
  std::optional<int> instances;
  std::optional<int> threads;
  std::optional<int> batch_max;
  std::optional<int> gather_max;
  std::optional<Duration> wait_max;
  std::optional<int> queue_max;
  std::string device;                // "cpu"; empty: the node's default
  std::map<int, Duration> estimate;  // what a run of so many rows takes, before it is measured
  // Models of the folders beside the card's that answer to its name besides, when it would be too
  // late itself: most accurate first.
  std::vector<std::string> variants;
};

}  // namespace perigee::model
