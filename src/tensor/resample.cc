#include "tensor/resample.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

#include "base/check.h"

namespace perigee::tensor {
namespace {

constexpr int kChannels = 3;
constexpr int kFactorMax = 8;
// The compiler vectorises loops of a length it knows; rows are worked off in blocks of this.
constexpr std::size_t kBlock = 16;

// Between which two positions of the frame an output pixel lies, and how far along.
struct Tap {
  int lower = 0;
  int upper = 0;
  float fraction = 0;
};

Tap TapAt(int index, int frame, int canvas) {
  const double position = static_cast<double>(frame) / canvas * index;
  const int lower = std::min(static_cast<int>(position), frame - 1);
  return {lower, std::min(lower + 1, frame - 1), static_cast<float>(position - lower)};
}

// Cuts the visible part to the source and to the frame. All later reads rely on it.
Framing Cut(const Image& source, Framing framing) {
  using Wide = std::int64_t;
  Rect& visible = framing.visible;
  const auto cut = [](int& at, int& length, int& lead, Wide source_length, Wide frame) {
    const Wide skipped = std::max<Wide>({0, -Wide{at}, -Wide{lead}});
    const Wide start = at + skipped;
    const Wide place = lead + skipped;
    const Wide rest = std::min({length - skipped, source_length - start, frame - place});
    length = static_cast<int>(std::max<Wide>(rest, 0));
    at = length > 0 ? static_cast<int>(start) : 0;
    lead = length > 0 ? static_cast<int>(place) : 0;
  };
  cut(visible.x, visible.width, framing.left, source.width, framing.width);
  cut(visible.y, visible.height, framing.top, source.height, framing.height);
  return framing;
}

// out = first * weights[0] + second * weights[1]: two weights, so that a row outside of the visible
// part counts as black. Without __restrict bytes may alias everything and nothing is vectorised.
void BlendRows(const std::uint8_t* __restrict first, const std::uint8_t* __restrict second,
               const float (&weights)[2], std::span<float> out) {
  const float share_first = weights[0];
  const float share_second = weights[1];
  float* __restrict to = out.data();
  std::size_t i = 0;
  for (; i + kBlock <= out.size(); i += kBlock) {
    for (std::size_t lane = 0; lane < kBlock; ++lane) {
      to[i + lane] = static_cast<float>(first[i + lane]) * share_first +
                     static_cast<float>(second[i + lane]) * share_second;
    }
  }
  for (; i < out.size(); ++i) {
    to[i] =
        static_cast<float>(first[i]) * share_first + static_cast<float>(second[i]) * share_second;
  }
}

// The output columns: offsets into the blended row, which has one black pixel at either end that
// stands for everything outside of the visible part.
struct Column {
  std::uint32_t left = 0;
  std::uint32_t right = 0;
  float fraction = 0;
};

std::vector<Column> Columns(const Framing& framing, int canvas_width) {
  std::vector<Column> columns(static_cast<std::size_t>(canvas_width));
  const auto offset = [&](int position) {
    const int inside = std::clamp(position - framing.left, -1, framing.visible.width);
    return static_cast<std::uint32_t>(kChannels * (inside + 1));
  };
  for (int c = 0; c < canvas_width; ++c) {
    const Tap tap = TapAt(c, framing.width, canvas_width);
    columns[static_cast<std::size_t>(c)] = {offset(tap.lower), offset(tap.upper), tap.fraction};
  }
  return columns;
}

void BlendColumns(const float* __restrict row, std::span<const Column> columns,
                  std::uint8_t* __restrict out) {
  for (const Column& column : columns) {
    const float* left = row + column.left;
    const float* right = row + column.right;
    for (int channel = 0; channel < kChannels; ++channel) {
      const float value = left[channel] + (right[channel] - left[channel]) * column.fraction;
      *out++ = static_cast<std::uint8_t>(static_cast<int>(value + 0.5F));
    }
  }
}

// One output row's two source rows and their weights; false: the row is black.
bool RowTaps(const Framing& framing, const Tap& tap, int (&rows)[2], float (&weights)[2]) {
  const int positions[2] = {tap.lower - framing.top, tap.upper - framing.top};
  const float shares[2] = {1.0F - tap.fraction, tap.fraction};
  bool any = false;
  for (int i = 0; i < 2; ++i) {
    const bool inside = positions[i] >= 0 && positions[i] < framing.visible.height;
    rows[i] = framing.visible.y + (inside ? positions[i] : 0);
    weights[i] = inside ? shares[i] : 0.0F;
    any = any || inside;
  }
  return any;
}

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
  std::vector<float> blended(values + kChannels, 0.0F);
  for (int r = 0; r < canvas.height; ++r) {
    std::uint8_t* out = canvas.pixels.data() + row_bytes * static_cast<std::size_t>(r);
    const Tap tap = down.TapAt(r, canvas.height);
    if (tap.lower < 0) {
      std::fill_n(out, row_bytes, std::uint8_t{0});
      continue;
    }
    const float weights[2] = {1.0F - tap.fraction, tap.fraction};
    BlendRows(means.Row(tap.lower).data(), means.Row(tap.upper).data(), weights,
              std::span(blended).subspan(kChannels));
    BlendColumns(blended.data(), columns, out);
  }
}

struct Span {
  int first = 0;
  int last = 0;  // exclusive, > first

  unsigned length() const { return static_cast<unsigned>(last - first); }
};

// The source pixels under output pixel `index`.
Span Under(int index, int source, int canvas) {
  const auto edge = [&](int at) { return static_cast<int>(std::int64_t{at} * source / canvas); };
  return {edge(index), std::max(edge(index + 1), edge(index) + 1)};
}

using Sums = std::array<std::uint64_t, kChannels>;

Sums SumOf(const Image& source, const Span& columns, const Span& rows) {
  Sums sums = {};
  for (int y = rows.first; y < rows.last; ++y) {
    const std::uint8_t* from = source.Row(y).data() + std::ptrdiff_t{kChannels} * columns.first;
    for (unsigned i = 0; i < columns.length(); ++i) {
      for (std::uint64_t& sum : sums) sum += *from++;
    }
  }
  return sums;
}

}  // namespace

Framing WholePicture(const Image& source) {
  return {{0, 0, source.width, source.height}, 0, 0, source.width, source.height};
}

void ResampleBilinear(const Image& source, const Framing& framing, const Canvas& canvas) {
  const std::size_t row_bytes = std::size_t{kChannels} * canvas.width;
  CHECK(canvas.width > 0 && canvas.height > 0 && canvas.pixels.size() == row_bytes * canvas.height);
  const Framing cut = Cut(source, framing);
  if (cut.visible.empty()) {
    std::ranges::fill(canvas.pixels, std::uint8_t{0});
    return;
  }
  const std::vector<Column> columns = Columns(cut, canvas.width);
  const std::size_t visible_values = std::size_t{kChannels} * cut.visible.width;
  std::vector<float> blended(visible_values + std::size_t{2} * kChannels, 0.0F);
  const std::size_t skip = std::size_t{kChannels} * cut.visible.x;
  for (int r = 0; r < canvas.height; ++r) {
    std::uint8_t* out = canvas.pixels.data() + row_bytes * static_cast<std::size_t>(r);
    int rows[2];
    float weights[2];
    if (!RowTaps(cut, TapAt(r, cut.height, canvas.height), rows, weights)) {
      std::fill_n(out, row_bytes, std::uint8_t{0});
      continue;
    }
    BlendRows(source.Row(rows[0]).data() + skip, source.Row(rows[1]).data() + skip, weights,
              std::span(blended).subspan(kChannels, visible_values));
    BlendColumns(blended.data(), columns, out);
  }
}

ReducedView Unreduced(const Image& image) { return {image, 1, image.width, image.height}; }

void ResampleReduced(const ReducedView& picture, const Framing& framing, double step_max,
                     const Canvas& canvas) {
  const auto frame = std::min(static_cast<double>(framing.width) / canvas.width,
                              static_cast<double>(framing.height) / canvas.height);
  int factor = picture.factor;
  while (factor < kFactorMax && frame / factor >= step_max) factor *= 2;
  if (factor == 1) return ResampleBilinear(picture.image, framing, canvas);
  const Image outline{picture.width, picture.height, {}};
  const Framing cut = Cut(outline, framing);
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

Image ResizeBilinear(const Image& source, int width, int height) {
  Image image = Image::Of(width, height);
  ResampleBilinear(source, WholePicture(source), {image.pixels, width, height});
  return image;
}

Image ResizeArea(const Image& source, int width, int height) {
  Image image = Image::Of(width, height);
  if (source.width <= 0 || source.height <= 0) return image;
  std::vector<Span> columns;
  for (int c = 0; c < width; ++c) columns.push_back(Under(c, source.width, width));
  for (int r = 0; r < height; ++r) {
    const Span rows = Under(r, source.height, height);
    std::uint8_t* out = image.Row(r).data();
    for (const Span& column : columns) {
      const Sums sums = SumOf(source, column, rows);
      const std::uint64_t count = std::uint64_t{1} * column.length() * rows.length();
      CHECK(count > 0);
      for (const std::uint64_t sum : sums) {
        *out++ = static_cast<std::uint8_t>((sum + count / 2) / count);
      }
    }
  }
  return image;
}

}  // namespace perigee::tensor
