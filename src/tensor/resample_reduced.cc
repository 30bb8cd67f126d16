// ResampleReduced: sampling of pictures known by means of their pixels.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "tensor/resample.h"
#include "tensor/sampling.h"

namespace perigee::tensor {
namespace {

constexpr int kFactorMax = 8;

// Means of factor x factor pixels of the part of `source` from (x, y) on; the last row and column
// may be means of fewer. Sums of 8 x 8 levels fit 16 bits.
Image MeansOf(const Image& source, const Rect& part, int factor) {
  const auto reduced = [factor](int side) { return (side - 1) / factor + 1; };
  Image means = Image::Of(reduced(part.width), reduced(part.height));
  const std::size_t values = std::size_t{kChannels} * static_cast<std::size_t>(part.width);
  std::vector<std::uint16_t> sums(values);
  for (int r = 0; r < means.height; ++r) {
    const int first = part.y + r * factor;
    const int rows = std::min(factor, part.y + part.height - first);
    std::ranges::fill(sums, std::uint16_t{0});
    for (int y = first; y < first + rows; ++y) {
      const std::uint8_t* from = source.Row(y).data() + std::ptrdiff_t{kChannels} * part.x;
      for (std::size_t i = 0; i < values; ++i)
        sums[i] = static_cast<std::uint16_t>(sums[i] + from[i]);
    }
    std::uint8_t* out = means.Row(r).data();
    for (int c = 0; c < means.width; ++c) {
      const int columns = std::min(factor, part.width - c * factor);
      const auto count = static_cast<unsigned>(rows * columns);
      const std::uint16_t* from = sums.data() + std::ptrdiff_t{kChannels} * c * factor;
      for (int channel = 0; channel < kChannels; ++channel) {
        unsigned sum = 0;
        for (int i = 0; i < columns; ++i) sum += from[kChannels * i + channel];
        *out++ = static_cast<std::uint8_t>((sum + count / 2) / count);
      }
    }
  }
  return means;
}

// One axis of a reduced picture in its frame, in whole picture's pixels.
struct ReducedAxis {
  int frame = 0;    // length of the frame
  int lead = 0;     // where the visible part begins in the frame
  int at = 0;       // where it begins in the picture
  int visible = 0;  // its length
  int origin = 0;   // which of the picture's pixels the reduced image begins with
  int factor = 1;
  int reduced = 0;  // length of the reduced image

  // Pixel i of the reduced image has its centre at factor * i + (factor - 1) / 2. Outside of the
  // visible part: lower is -1.
  Tap TapAt(int index, int canvas) const {
    const double position = static_cast<double>(frame) / canvas * index - lead;
    if (position < 0 || position >= visible) return {-1, -1, 0};
    const double centre = position + at - origin - (factor - 1) / 2.0;
    const double place = std::clamp(centre / factor, 0.0, static_cast<double>(reduced - 1));
    const int lower = static_cast<int>(place);
    return {lower, std::min(lower + 1, reduced - 1), static_cast<float>(place - lower)};
  }
};

void SampleMeans(const Image& means, const ReducedAxis& across, const ReducedAxis& down,
                 const Canvas& canvas) {
  std::vector<Column> columns(static_cast<std::size_t>(canvas.width));
  for (int c = 0; c < canvas.width; ++c) {
    const Tap tap = across.TapAt(c, canvas.width);
    columns[static_cast<std::size_t>(c)] = {static_cast<std::uint32_t>(kChannels * (tap.lower + 1)),
                                            static_cast<std::uint32_t>(kChannels * (tap.upper + 1)),
                                            tap.fraction};
  }
  const std::size_t row_bytes = std::size_t{kChannels} * static_cast<std::size_t>(canvas.width);
  const std::size_t values = std::size_t{kChannels} * static_cast<std::size_t>(means.width);
  std::vector<float> blended(values + kChannels + kPadding, 0.0F);
  for (int r = 0; r < canvas.height; ++r) {
    std::uint8_t* out = canvas.pixels.data() + row_bytes * static_cast<std::size_t>(r);
    const Tap tap = down.TapAt(r, canvas.height);
    if (tap.lower < 0) {
      std::fill_n(out, row_bytes, std::uint8_t{0});
      continue;
    }
    const float weights[2] = {1.0F - tap.fraction, tap.fraction};
    BlendRows(means.Row(tap.lower).data(), means.Row(tap.upper).data(), weights,
              std::span(blended).subspan(kChannels, values));
    BlendColumns(blended.data(), columns, out);
  }
}

}  // namespace

ReducedView Unreduced(const Image& image) { return {image, 1, image.width, image.height}; }

void ResampleReduced(const ReducedView& picture, const Framing& framing, double step_max,
                     const Canvas& canvas) {
  const auto frame = std::min(static_cast<double>(framing.width) / canvas.width,
                              static_cast<double>(framing.height) / canvas.height);
  int factor = picture.factor;
  while (factor < kFactorMax && frame / factor >= step_max) factor *= 2;
  if (factor == 1) return ResampleBilinear(picture.image, framing, canvas);
  const Framing cut = Cut(framing, picture.width, picture.height);
  if (cut.visible.empty()) return ResampleBilinear(picture.image, {}, canvas);
  const Rect& visible = cut.visible;
  Rect part{0, 0, picture.image.width, picture.image.height};
  const bool enough = factor == picture.factor;
  if (!enough) {
    const auto aligned = [factor](int at) { return at / factor * factor; };
    const auto end = [&](int at, int length, int whole) {
      return std::min((at + length - 1) / picture.factor + 1, whole);
    };
    part.x = aligned(visible.x) / picture.factor;
    part.y = aligned(visible.y) / picture.factor;
    part.width = end(visible.x, visible.width, picture.image.width) - part.x;
    part.height = end(visible.y, visible.height, picture.image.height) - part.y;
  }
  const Image made = enough ? Image() : MeansOf(picture.image, part, factor / picture.factor);
  const Image& means = enough ? picture.image : made;
  const ReducedAxis across{cut.width, cut.left,   visible.x, visible.width, part.x * picture.factor,
                           factor,    means.width};
  const ReducedAxis down{
      cut.height, cut.top,     visible.y, visible.height, part.y * picture.factor,
      factor,     means.height};
  SampleMeans(means, across, down, canvas);
}

}  // namespace perigee::tensor
