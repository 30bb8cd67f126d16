// Turns a picture upright as EXIF says. Pure, any thread.
#pragma once

#include "tensor/image.h"
#include "tensor/plane.h"

namespace perigee::media {

// Do width and height change places?
inline bool SwapsSides(int orientation) { return orientation >= 5; }

// `orientation`: EXIF, 1..8. 1 hands the picture back untouched.
tensor::Image Upright(tensor::Image stored, int orientation);
tensor::Plane Upright(tensor::Plane stored, int orientation);

}  // namespace perigee::media
