#include "media/orient.h"

#include <algorithm>
#include <cstddef>
#include <type_traits>
#include <utility>

#include "tensor/resample.h"

namespace perigee::media {
namespace {

// A tile's rows and columns both fit the first-level cache, whichever way they are walked.
constexpr int kTile = 32;

// Where the upright picture's corner lies in the stored one, and how far a step right or down goes.
struct Walk {
  std::ptrdiff_t start = 0;
  std::ptrdiff_t right = 0;
  std::ptrdiff_t down = 0;
};

// `Pixels`: an Image or a Plane, and how many bytes one of its pixels has.
template <typename Pixels>
constexpr std::ptrdiff_t kBytes = std::is_same_v<Pixels, tensor::Image> ? 3 : 1;

template <typename Pixels>
Walk WalkOf(const Pixels& stored, int orientation) {
  constexpr std::ptrdiff_t kPixel = kBytes<Pixels>;
  const std::ptrdiff_t row = kPixel * stored.width;
  const std::ptrdiff_t last_column = kPixel * (stored.width - 1);
  const std::ptrdiff_t last_row = row * (stored.height - 1);
  switch (orientation) {
    case 2:
      return {last_column, -kPixel, row};
    case 3:
      return {last_row + last_column, -kPixel, -row};
    case 4:
      return {last_row, kPixel, -row};
    case 5:
      return {0, row, kPixel};
    case 6:
      return {last_row, -row, kPixel};
    case 7:
      return {last_row + last_column, -row, -kPixel};
    case 8:
      return {last_column, row, -kPixel};
    default:
      return {0, kPixel, row};
  }
}

// One tile of the upright picture: in its pixels.
template <typename Pixels>
void CopyTile(const std::uint8_t* origin, const Walk& walk, const tensor::Rect& tile,
              Pixels& upright) {
  for (int y = tile.y; y < tile.y + tile.height; ++y) {
    std::uint8_t* to = upright.Row(y).data() + kBytes<Pixels> * tile.x;
    for (int x = tile.x; x < tile.x + tile.width; ++x) {
      const std::uint8_t* from = origin + walk.right * x + walk.down * y;
      for (std::ptrdiff_t byte = 0; byte < kBytes<Pixels>; ++byte) *to++ = from[byte];
    }
  }
}

template <typename Pixels>
Pixels Turn(Pixels stored, int orientation) {
  if (orientation <= 1 || orientation > 8 || stored.pixels.empty()) return stored;
  const bool swaps = SwapsSides(orientation);
  Pixels upright =
      Pixels::Of(swaps ? stored.height : stored.width, swaps ? stored.width : stored.height);
  const Walk walk = WalkOf(stored, orientation);
  const std::uint8_t* origin = stored.pixels.data() + walk.start;
  for (int top = 0; top < upright.height; top += kTile) {
    const int rows = std::min(kTile, upright.height - top);
    for (int left = 0; left < upright.width; left += kTile) {
      const int columns = std::min(kTile, upright.width - left);
      CopyTile(origin, walk, {left, top, columns, rows}, upright);
    }
  }
  return upright;
}

}  // namespace

tensor::Image Upright(tensor::Image stored, int orientation) {
  return Turn(std::move(stored), orientation);
}

tensor::Plane Upright(tensor::Plane stored, int orientation) {
  return Turn(std::move(stored), orientation);
}

}  // namespace perigee::media
