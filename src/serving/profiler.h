// Which runs are still to be measured before it is known how long a model takes: 1, 2, 4, ... rows,
// each a few times. Pure: instances make the runs while nobody waits, Backlog keeps it under its
// lock. Not thread-safe.
#pragma once

#include <optional>
#include <vector>

#include "base/clock.h"
#include "serving/service_profile.h"

namespace perigee::serving {

class Profiler {
 public:
  // 0: there is nothing to measure.
  explicit Profiler(int rows_max);

  // How many rows the next run should have; nothing once all is measured.
  std::optional<int> Next() const;
  // The run that Next asked for, to its end and undisturbed.
  void Add(Duration took);
  // That run came to nothing because somebody wanted the machine. After very many of those the rest
  // stays unmeasured: a node that is never idle learns from its requests.
  void Disturbed();
  // The model cannot run what it was given.
  void GiveUp() { sizes_.clear(); }

  // Of the sizes that were measured, by rising rows. The first run of a size is not among them:
  // it makes room for those that follow.
  std::vector<ProfilePoint> Points() const { return points_; }

 private:
  void EndSize();

  std::vector<int> sizes_;  // still to do, the next one last
  bool warm_ = false;
  std::vector<Duration> samples_;  // of the next size
  Duration spent_{};
  int disturbed_ = 0;
  std::vector<ProfilePoint> points_;
};

}  // namespace perigee::serving
