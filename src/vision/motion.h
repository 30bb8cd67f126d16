// How one thing in a picture looks, and where it is in another frame: position to a fraction of a
// pixel and size, found by matching brightness after taking out its mean and contrast. What the
// tracker is made of. Pure.
#pragma once

#include <array>
#include <optional>

#include "vision/box.h"
#include "vision/patch.h"

namespace perigee::vision {

// Where a thing is: its box has this centre, and the size it had when it was learnt times `scale`.
struct Pose {
  float x = 0;  // px of the whole picture
  float y = 0;
  float scale = 1;
};

struct Sighting {
  Pose pose;
  float correlation = 0;  // -1..1, of what is visible of it; 0 where most lies off the picture
  float visible = 1;      // 0..1: the part that is not behind something else
};

// Immutable.
class Appearance {
 public:
  // Nothing if the box is empty, less than half of it lies in the picture, or it is too plain to
  // follow.
  static std::optional<Appearance> Of(const Pyramid& frame, const Box& box);

  // The best place near `expected`: looks there first, and only if that disappoints, around it, up
  // to a third of the thing's side away times `reach` (1..4).
  Sighting Find(const Pyramid& frame, const Pose& expected, float reach = 1) const;
  // Aligned starting from `start` (Lucas and Kanade), without looking around. Whatever the light.
  Sighting Align(const Pyramid& frame, const Pose& start) const;
  // The same of a thing that may be partly hidden: what does not look like it does not count.
  // Needs about the light that it was learnt in.
  Sighting AlignVisible(const Pyramid& frame, const Pose& start) const;

  Box BoxAt(const Pose& pose) const;
  // Of the best fit to a box of perhaps other proportions.
  Pose PoseOf(const Box& box) const;

 private:
  struct Fit;                           // of AlignVisible
  using Vector = std::array<float, 3>;  // along x and y in sides of the patch, and ln scale

  Appearance() = default;
  bool Prepare(const Patch& patch);
  float side() const;
  PatchPlace PlaceAt(const Pose& pose) const;
  Pyramid::Level LevelAt(const Pyramid& frame, const Pose& pose) const;
  Vector Step(const Patch& seen, const Likeness& likeness) const;
  bool Refine(const Patch& seen, Fit& fit) const;
  Sighting Judge(const Patch& seen, const Fit& fit) const;
  static void Move(const Vector& by, const PatchPlace& place, Pose& pose);
  Pose SearchAround(const Pyramid& frame, const Pose& expected, float reach) const;

  float width_ = 0;  // at scale 1, px of the whole picture
  float height_ = 0;
  float mean_ = 0;                        // of the patch that was learnt, levels
  float gain_ = 1;                        // what the values were divided by
  PatchSamples values_{};                 // weighted mean 0, weighted sum of squares 1
  std::array<PatchSamples, 3> slopes_{};  // of the values along each direction of Vector
  Vector stiffness_{};                    // the slopes' weighted sums of squares
  std::array<Vector, 3> inverse_{};       // of the slopes' weighted products
};

}  // namespace perigee::vision
