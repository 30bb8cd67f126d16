// ResampleBilinear, ResizeBilinear and ResizeArea: sampling of whole pictures.
#include "tensor/resample.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

#include "base/check.h"
#include "tensor/sampling.h"

namespace perigee::tensor {
namespace {

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
  const Framing cut = Cut(framing, source.width, source.height);
  if (cut.visible.empty()) {
    std::ranges::fill(canvas.pixels, std::uint8_t{0});
    return;
  }
  const std::vector<Column> columns = Columns(cut, canvas.width);
  const std::size_t visible_values = std::size_t{kChannels} * cut.visible.width;
  std::vector<float> blended(visible_values + std::size_t{2} * kChannels + kPadding, 0.0F);
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
