// Draws the brightness of frames in which things move as told: textured things over a textured
// background, a bar before them, sensor noise. For tests of what follows and what compares frames.
#pragma once

#include <cstdint>
#include <vector>

#include "tensor/plane.h"
#include "vision/box.h"

namespace perigee::vision::testing {

inline constexpr int kFilmWidth = 640;
inline constexpr int kFilmHeight = 480;

struct Thing {
  Box box;       // px of the whole picture
  int look = 1;  // things of the same look are alike
};

struct Scene {
  std::vector<Thing> things;  // later ones before earlier ones
  Box bar = {};               // before them all; empty: none
  float camera_x = 0;         // px that the background has moved to the left
  float camera_y = 0;
  float gain = 1;   // of light
  float bias = 0;   // levels
  float noise = 3;  // standard deviation about, levels of a pixel of the plane
  int factor = 4;
  std::uint32_t grain = 1;  // another number, other noise
};

// At 1/factor.
tensor::Plane Shoot(const Scene& scene);
tensor::LumaView ViewOf(const tensor::Plane& plane, int factor = 4);

}  // namespace perigee::vision::testing
