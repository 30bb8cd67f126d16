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
// source. The rectangle is in the whole picture's pixels; an empty one gives black.
void CropInto(const tensor::ReducedView& picture, const tensor::Rect& rectangle,
              const tensor::Canvas& square);

// One [size, size, 3] picture for each box, in order; boxes in the whole picture's pixels.
std::vector<tensor::Image> CropFaces(const tensor::ReducedView& picture, std::span<const Box> boxes,
                                     int size);

}  // namespace perigee::vision
