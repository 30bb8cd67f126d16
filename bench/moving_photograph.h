// Photographs that move as told: a camera that pans and zooms over one, faces cut out of another
// that walk before it, a bar before all; and where the faces are. What tracking.cc measures on.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/result.h"
#include "tensor/image.h"
#include "vision/box.h"

namespace perigee::bench {

inline constexpr int kWidth = 640;  // of a frame, px
inline constexpr int kHeight = 480;

struct Still {
  tensor::Image image;  // at half the photograph's size
  std::vector<vision::Box> faces;
};

// Where the camera looks: the middle of the frame in px of the still, and px of the still a px of
// the frame.
struct Camera {
  float x = 0;
  float y = 0;
  float step = 1;
};

// A face cut out of a still, laid over the frame.
struct Walker {
  const Still* still = nullptr;
  std::size_t face = 0;
  float x = 0;  // of its middle, px of the frame
  float y = 0;
  float scale = 1;
};

struct Shot {
  const Still* behind = nullptr;
  Camera camera;
  std::vector<Walker> walkers;
  vision::Box bar;  // px of the frame; empty: none
};

struct Thing {
  vision::Box box;    // truth, px of the frame
  float inside = 0;   // part of it that is in the frame
  float visible = 0;  // and not behind the bar either
};

// The photograph `name`.jpg at half its size, and the faces that `name`.json says are on it.
Result<Still> Load(const std::string& photographs, const std::string& golden,
                   const std::string& name);

tensor::Image Render(const Shot& shot);
// The walkers; in a shot without any, the faces of the photograph.
std::vector<Thing> Truth(const Shot& shot);

}  // namespace perigee::bench
