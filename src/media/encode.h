// RGB in, compressed pictures out: annotated pictures, crops for the wire, inputs for tests.
// Pure functions; any thread.
#pragma once

#include <cstddef>
#include <vector>

#include "base/result.h"
#include "tensor/image.h"

namespace perigee::media {

// `quality`: 1..100. Colour is stored at half resolution (4:2:0), as phones do. InvalidArgument for
// an empty picture, one over 65535 px a side, or another quality.
Result<std::vector<std::byte>> EncodeJpeg(const tensor::Image& image, int quality);

// Lossless.
Result<std::vector<std::byte>> EncodePng(const tensor::Image& image);

}  // namespace perigee::media
