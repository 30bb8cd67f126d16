// Letterbox: a picture of any shape at the top left of a detector's square input, black to the
// right or below, and the way back from boxes in the square to boxes in the picture. Pure.
#pragma once

#include "tensor/image.h"
#include "tensor/resample.h"
#include "vision/box.h"

namespace perigee::vision {

// Immutable value. Sizes are those of the picture that is fed, which may be a smaller decode of the
// source; boxes go back to whichever size the caller names.
class Letterbox {
 public:
  // All three > 0.
  Letterbox(int picture_width, int picture_height, int size);

  int size() const { return size_; }
  // The part of the square that the picture covers, px, rounded; at least 1.
  int content_width() const { return content_width_; }
  int content_height() const { return content_height_; }

  // From pixels of the square to pixels of the picture at width x height. As the reference
  // implementation does, it stretches by the *rounded* content size, per axis.
  Box ToPicture(const Box& box, int width, int height) const;
  // The other way round.
  Box FromPicture(const Box& box, int width, int height) const;

 private:
  int size_;
  int content_width_;
  int content_height_;
};

// Fills `square` ([size, size, 3] u8 RGB) from the picture, padded with black to a square and
// resized. The scale is exactly size / longest side, so the last content row may fade into black.
void LetterboxInto(const tensor::ReducedView& picture, const tensor::Canvas& square);

}  // namespace perigee::vision
