#include "vision/letterbox.h"

#include <algorithm>
#include <cmath>

namespace perigee::vision {
namespace {

// Detectors are trained on pictures shrunk without means, and find other boxes in softer ones; but
// past this much is skipped that a small face is lost.
constexpr double kStepMax = 8;

int ContentSide(int side, int longest, int size) {
  const double scale = static_cast<double>(size) / longest;
  return std::max(1, static_cast<int>(std::floor(side * scale + 0.5)));
}

float Ratio(int to, int from) {
  return static_cast<float>(static_cast<double>(to) / static_cast<double>(from));
}

}  // namespace

Letterbox::Letterbox(int picture_width, int picture_height, int size)
    : size_(size),
      content_width_(ContentSide(picture_width, std::max(picture_width, picture_height), size)),
      content_height_(ContentSide(picture_height, std::max(picture_width, picture_height), size)) {}

Box Letterbox::ToPicture(const Box& box, int width, int height) const {
  return box.Scaled(Ratio(width, content_width_), Ratio(height, content_height_));
}

Box Letterbox::FromPicture(const Box& box, int width, int height) const {
  return box.Scaled(Ratio(content_width_, width), Ratio(content_height_, height));
}

void LetterboxInto(const tensor::ReducedView& picture, const tensor::Canvas& square) {
  const int side = std::max(picture.width, picture.height);
  const tensor::Rect all = {0, 0, picture.width, picture.height};
  tensor::ResampleReduced(picture, {all, 0, 0, side, side}, kStepMax, square);
}

}  // namespace perigee::vision
