// Boxes of things found in a picture, and how much two of them overlap. Plain values; pure.
#pragma once

#include <algorithm>

namespace perigee::vision {

// Pixels, origin top left; which picture's pixels, the function that returns it says. May reach
// past the picture's border.
struct Box {
  float x = 0;
  float y = 0;
  float width = 0;
  float height = 0;

  float right() const { return x + width; }
  float bottom() const { return y + height; }
  float area() const { return width * height; }
  // In a picture stretched by these factors.
  Box Scaled(float by_x, float by_y) const {
    return {x * by_x, y * by_y, width * by_x, height * by_y};
  }
};

struct ScoredBox {
  Box box;
  float score = 0;  // 0..1
};

// Intersection over union, 0..1. NaN for two empty boxes, which suppression reads as "the same".
inline float Iou(const Box& a, const Box& b) {
  const float width = std::min(a.right(), b.right()) - std::max(a.x, b.x);
  const float height = std::min(a.bottom(), b.bottom()) - std::max(a.y, b.y);
  const float shared = std::max(width, 0.0F) * std::max(height, 0.0F);
  return shared / (a.area() + b.area() - shared);
}

}  // namespace perigee::vision
