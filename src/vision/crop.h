// Cuts faces out of a picture for a classifier with a square input. Pure.
#pragma once

#include <span>
#include <vector>

#include "tensor/image.h"
#include "tensor/resample.h"
#include "vision/box.h"

namespace perigee::vision {

// The box clipped at the borders of a width x height picture, then rounded down to whole pixels:
// corner and size each. Empty if nothing of it is inside.
tensor::Rect CropRectangle(const Box& box, int width, int height);

// Fills `square` ([size, size, 3] u8 RGB) with the rectangle, padded with black to a centred square
// (the odd pixel goes to the right or the bottom) and resized bilinearly, in one pass over the
// source. An empty rectangle gives black.
void CropInto(const tensor::Image& picture, const tensor::Rect& rectangle,
              const tensor::Canvas& square);

// One [size, size, 3] picture for each box, in order; boxes in pixels of `picture`.
std::vector<tensor::Image> CropFaces(const tensor::Image& picture, std::span<const Box> boxes,
                                     int size);

}  // namespace perigee::vision
