// The life of one track: how its thing looks and moves, and whether it is in sight. The tracker
// holds one for each. Pure.
#pragma once

#include <cstdint>
#include <optional>

#include "vision/box.h"
#include "vision/motion.h"
#include "vision/patch.h"
#include "vision/tracker.h"

namespace perigee::vision {

// Not thread-safe. Of every frame first Advance, then, if a detector saw it, Confirm or Miss.
class Follower {
 public:
  Follower(std::uint64_t id, const Pyramid& frame, const ScoredBox& detection);

  const Track& track() const { return track_; }

  // The next frame: finds the thing by its looks around where its motion takes it, or calls it
  // lost and moves it on.
  void Advance(const Pyramid& frame, const TrackerOptions& options);
  // Another track holds the place where this one saw its thing: it was mistaken, and is lost.
  void Yield();
  // How well a detection of this frame agrees, 0..1; 0 for one too far away or of another size.
  float Agreement(const Pyramid& frame, const Box& detection) const;
  void Confirm(const Pyramid& frame, const ScoredBox& detection);
  void Miss();

  // Has its time come, in a picture of width x height px?
  bool Over(const TrackerOptions& options, int width, int height) const;

 private:
  struct Motion {  // px a frame
    float x = 0;
    float y = 0;
  };

  bool Believable(const Sighting& found, const TrackerOptions& options) const;
  void Saw(const Box& box, float confidence);
  void Update(const Pyramid& frame, const Box& box);
  void Learn(const Pyramid& frame, const Box& box);

  Track track_;
  std::optional<Appearance> look_;  // none: too plain to be known by its looks
  Pose pose_;                       // of the look, in this frame
  Pose pose_expected_;
  Motion motion_;
  Box seen_;             // when it was last in sight
  Box expected_;         // in this frame, had it gone on as before
  int lost_before_ = 0;  // frames, before this one
  int detections_ = 1;
  int misses_ = 0;  // thirds of detections in a row that were without it
  int kept_ = 0;    // detections in a row after which the look was kept: something was in the way
};

}  // namespace perigee::vision
