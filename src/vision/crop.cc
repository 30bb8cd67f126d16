#include "vision/crop.h"

#include <algorithm>
#include <cmath>

namespace perigee::vision {
namespace {

constexpr double kStepMax = 4;  // px between those read, beyond which means are taken

struct Interval {
  int start = 0;
  int length = 0;
};

// In double and compared before the cast, so that boxes far outside, infinite or NaN cannot
// overflow an int; NaN fails every comparison and comes out empty.
Interval Clip(double start, double length, int limit) {
  const double end = start + length;
  const double first = std::max(start, 0.0);
  const double rest = std::min(end - first, limit - first);
  if (!(first >= 0 && first < limit && rest >= 1)) return {};
  return {static_cast<int>(first), static_cast<int>(rest)};
}

}  // namespace

tensor::Rect CropRectangle(const Box& box, int width, int height) {
  const Interval across = Clip(double{box.x}, double{box.width}, width);
  const Interval down = Clip(double{box.y}, double{box.height}, height);
  if (across.length == 0 || down.length == 0) return {};
  return {across.start, down.start, across.length, down.length};
}

void CropInto(const tensor::ReducedView& picture, const tensor::Rect& rectangle,
              const tensor::Canvas& square) {
  const int side = std::max(rectangle.width, rectangle.height);
  const int left = (side - rectangle.width) / 2;
  const int top = (side - rectangle.height) / 2;
  tensor::ResampleReduced(picture, {rectangle, left, top, side, side}, kStepMax, square);
}

std::vector<tensor::Image> CropFaces(const tensor::ReducedView& picture, std::span<const Box> boxes,
                                     int size) {
  std::vector<tensor::Image> crops;
  crops.reserve(boxes.size());
  for (const Box& box : boxes) {
    tensor::Image& crop = crops.emplace_back(tensor::Image::Of(size, size));
    CropInto(picture, CropRectangle(box, picture.width, picture.height), {crop.pixels, size, size});
  }
  return crops;
}

}  // namespace perigee::vision
