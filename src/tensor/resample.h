// Resizes pictures: the bilinear sampler that letterbox, face crops and drawing share, and a box
// average for shrinking what a person looks at. Writes into the caller's bytes, which may be one
// row of a batch, so a pixel goes from the picture to the model's input in one pass. Pure.
#pragma once

#include <cstdint>
#include <span>

#include "tensor/image.h"

namespace perigee::tensor {

// Whole pixels; width and height of 0 or less: nothing.
struct Rect {
  int x = 0;
  int y = 0;
  int width = 0;
  int height = 0;

  bool empty() const { return width <= 0 || height <= 0; }
  bool operator==(const Rect&) const = default;
};

// A frame of width x height source pixels, black but for `visible`, a part of the source that lies
// in it with its top left corner at (left, top). Plain resizing: the whole picture, at (0, 0), in a
// frame of its own size.
struct Framing {
  Rect visible;
  int left = 0;
  int top = 0;
  int width = 0;
  int height = 0;
};

// Where pixels go. `pixels` holds height * width * 3 bytes: [height, width, 3] u8 RGB.
struct Canvas {
  std::span<std::uint8_t> pixels;
  int width = 0;
  int height = 0;
};

// A frame that is the whole picture and nothing else.
Framing WholePicture(const Image& source);

// Fills every pixel of `canvas` from the frame as tf.image.resizeBilinear (alignCorners false,
// halfPixelCenters false) does after padding with zeros: output (c, r) reads the frame at
// (c * width / canvas.width, r * height / canvas.height), between the four pixels around it.
// Rounded half up to u8. A visible part that is empty or reaches outside of the source is cut to
// the source, and an empty frame is black. CHECKs that the canvas has its bytes.
void ResampleBilinear(const Image& source, const Framing& framing, const Canvas& canvas);

// A picture of width x height px, known by an image in which each pixel is the mean of factor x
// factor of its pixels: what a JPEG decoded at 1/factor is. Factor 1, 2, 4 or 8.
struct ReducedView {
  const Image& image;
  int factor = 1;
  int width = 0;
  int height = 0;
};
ReducedView Unreduced(const Image& image);

// ResampleBilinear for a reduced picture; framing is in pixels of the whole one. Bilinear sampling
// skips pixels when it shrinks by more than two: where pixels read would lie `step_max` or more
// apart, means of 2, 4 or 8 pixels are read instead of single ones. Below that, and for factor 1,
// it is ResampleBilinear.
void ResampleReduced(const ReducedView& picture, const Framing& framing, double step_max,
                     const Canvas& canvas);

// The picture at width x height, both > 0.
Image ResizeBilinear(const Image& source, int width, int height);

// Each output pixel is the mean of the source pixels under it (whole pixels; when enlarging, the
// nearest). For drawing: bilinear skips pixels when it shrinks by more than two.
Image ResizeArea(const Image& source, int width, int height);

}  // namespace perigee::tensor
