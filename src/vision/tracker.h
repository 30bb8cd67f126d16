// Follows boxes from frame to frame between detections and keeps their identities. In: the
// brightness of each frame, and boxes on the frames that a detector saw. Out: tracks. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "tensor/plane.h"
#include "vision/box.h"

namespace perigee::vision {

class Follower;  // vision/follower.h: the life of one track
class Pyramid;   // vision/patch.h: one frame at several sizes

struct Track {
  std::uint64_t id = 0;  // from 1, never used again by the same tracker
  Box box;               // px of the whole picture, may reach past its border
  float score = 0;       // of its last detection, 0..1
  int age = 0;           // frames since it was first detected
  int lost_for = 0;      // frames since it was last seen; 0: seen in this frame. Beyond 0 the box
                         // is where it would be if it went on as before
  float confidence = 0;  // 0..1: correlation with how it looked when last detected; 1 on a
                         // detection, 0 while lost
};

struct TrackerOptions {
  float correlation_min = 0.75F;  // of what is visible of a thing; below, it is something else
  float visible_min = 0.5F;       // part of it; below, the thing is hidden or gone
  float match_min = 0.3F;         // least agreement, 0..1, of a detection and a track
  int lost_max = 30;              // frames; a track lost for longer is dropped
  int misses_max = 2;             // detections in a row without it, though it seems in sight
  std::size_t tracks_max = 32;    // the best detections first; the rest are not tracked
};

// Not thread-safe; one a stream. Every frame is given once, in order, either to Detected or to
// Follow; frames left out only make motion look faster. Frames of one stream may have different
// factors, but a whole picture of another size ends every track. Follow costs about 0.02 ms for
// each thing in plain sight and 0.1 ms for one that is hidden, whatever their size. Things come
// back after a while of being lost, so lost tracks are kept; whether to show them is the caller's
// choice.
class Tracker {
 public:
  explicit Tracker(const TrackerOptions& options = {});
  Tracker(Tracker&&) noexcept;
  Tracker& operator=(Tracker&&) noexcept;
  ~Tracker();

  // `boxes`: fresh from this frame, px of the whole picture. A box that is not finite or empty is
  // left out.
  void Detected(const tensor::LumaView& frame, std::span<const ScoredBox> boxes);
  void Follow(const tensor::LumaView& frame);
  // In order of identity, lost ones too.
  const std::vector<Track>& tracks() const { return tracks_; }
  // After a cut: every track ends.
  void Forget();

 private:
  void Begin(const tensor::LumaView& frame);
  void Advance(const Pyramid& frame);
  void Match(const Pyramid& frame, std::span<const ScoredBox> detections);
  void End();

  TrackerOptions options_;
  std::vector<Follower> followers_;  // in order of identity
  std::vector<Track> tracks_;        // what they say after this frame
  std::uint64_t next_id_ = 1;
  int width_ = 0;  // of the last frame's whole picture, px
  int height_ = 0;
};

}  // namespace perigee::vision
