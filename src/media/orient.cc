#include "media/orient.h"

#include <algorithm>
#include <cstddef>

#include "tensor/resample.h"

namespace perigee::media {
namespace {

constexpr std::ptrdiff_t kChannels = 3;
// A tile's rows and columns both fit the first-level cache, whichever way they are walked.
constexpr int kTile = 32;

// Where the upright picture's corner lies in the stored one, and how far a step right or down goes.
struct Walk {
  std::ptrdiff_t start = 0;
  std::ptrdiff_t right = 0;
  std::ptrdiff_t down = 0;
};

Walk WalkOf(const tensor::Image& stored, int orientation) {
  const std::ptrdiff_t row = kChannels * stored.width;
  const std::ptrdiff_t last_column = kChannels * (stored.width - 1);
  const std::ptrdiff_t last_row = row * (stored.height - 1);
  switch (orientation) {
    case 2:
      return {last_column, -kChannels, row};
    case 3:
      return {last_row + last_column, -kChannels, -row};
    case 4:
      return {last_row, kChannels, -row};
    case 5:
      return {0, row, kChannels};
    case 6:
      return {last_row, -row, kChannels};
    case 7:
      return {last_row + last_column, -row, -kChannels};
    case 8:
      return {last_column, row, -kChannels};
    default:
      return {0, kChannels, row};
  }
}

// One tile of the upright picture: in its pixels.
void CopyTile(const std::uint8_t* origin, const Walk& walk, const tensor::Rect& tile,
              tensor::Image& upright) {
  for (int y = tile.y; y < tile.y + tile.height; ++y) {
    std::uint8_t* to = upright.Row(y).data() + kChannels * tile.x;
    for (int x = tile.x; x < tile.x + tile.width; ++x) {
      const std::uint8_t* from = origin + walk.right * x + walk.down * y;
      *to++ = from[0];
      *to++ = from[1];
      *to++ = from[2];
    }
  }
}

}  // namespace

tensor::Image Upright(tensor::Image stored, int orientation) {
  if (orientation <= 1 || orientation > 8 || stored.pixels.empty()) return stored;
  const bool swaps = SwapsSides(orientation);
  tensor::Image upright =
      tensor::Image::Of(swaps ? stored.height : stored.width, swaps ? stored.width : stored.height);
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

}  // namespace perigee::media
