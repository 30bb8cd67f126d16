// JPEG with libjpeg-turbo. The markers are walked here first: size, orientation, number of scans.
#include <fmt/format.h>
#include <turbojpeg.h>

#include <cstring>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "media/codec.h"
#include "media/exif.h"

namespace perigee::media {
namespace {

constexpr std::uint32_t kStartOfScan = 0xDA;
constexpr std::uint32_t kEndOfImage = 0xD9;
constexpr std::uint32_t kApp1 = 0xE1;
constexpr std::uint32_t kProgressive = 0xC2;

// A block of 8 x 8 samples takes a bit at least, and in the scan of a component at a quarter of the
// size either way there is one for 32 x 32 pixels.
constexpr std::int64_t kPixelsPerByteMax = std::int64_t{32} * 32 * 8;

struct Segment {
  std::uint32_t marker = 0;
  Bytes payload;         // after the length field
  std::size_t next = 0;  // offset of what follows
};

Error Broken(std::string_view why) { return InvalidArgument(fmt::format("decode jpeg: {}", why)); }

// Restart markers, TEM and start and end of image stand alone.
bool HasLength(std::uint32_t marker) { return marker != 0x01 && (marker < 0xD0 || marker > 0xD9); }

// The marker segment at `at`, which must be there: no garbage between segments.
std::optional<Segment> ReadSegment(Bytes bytes, std::size_t at) {
  if (at >= bytes.size() || ByteAt(bytes, at) != 0xFF) return std::nullopt;
  while (at < bytes.size() && ByteAt(bytes, at) == 0xFF) ++at;
  if (at >= bytes.size()) return std::nullopt;
  const std::uint32_t marker = ByteAt(bytes, at++);
  if (marker == 0) return std::nullopt;
  if (!HasLength(marker)) return Segment{marker, {}, at};
  if (bytes.size() - at < 2) return std::nullopt;
  const std::size_t length = Big16(bytes, at);
  if (length < 2 || length > bytes.size() - at) return std::nullopt;
  return Segment{marker, bytes.subspan(at + 2, length - 2), at + length};
}

// SOF0..SOF15 without the tables that share their range (DHT, JPG, DAC).
bool IsFrame(std::uint32_t marker) {
  return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

struct Frame {
  Header header;
  std::uint32_t coding = 0;  // the SOF marker
  int components = 0;
  bool one_scan = false;    // the whole picture is in the first scan
  std::size_t scan_at = 0;  // offset of the first SOS segment
};

Result<void> ReadFrame(const Segment& segment, Frame& frame) {
  if (frame.coding != 0) return Fail(Broken("two frame headers"));
  if (segment.marker > kProgressive) {
    return Fail(Broken("lossless or arithmetic coding is not supported"));
  }
  if (segment.payload.size() < 6) return Fail(Broken("truncated frame header"));
  if (ByteAt(segment.payload, 0) != 8) return Fail(Broken("not 8 bits a sample"));
  frame.coding = segment.marker;
  frame.header.height = static_cast<int>(Big16(segment.payload, 1));
  frame.header.width = static_cast<int>(Big16(segment.payload, 3));
  frame.components = static_cast<int>(ByteAt(segment.payload, 5));
  if (frame.header.width == 0 || frame.header.height == 0) return Fail(Broken("no size"));
  return {};
}

void ReadFirstScan(Bytes payload, Frame& frame) {
  frame.one_scan = frame.coding != kProgressive && !payload.empty() &&
                   static_cast<int>(ByteAt(payload, 0)) == frame.components;
}

Result<Frame> ReadMarkers(Bytes bytes) {
  Frame frame;
  bool oriented = false;
  std::size_t at = 2;
  while (true) {
    const std::optional<Segment> segment = ReadSegment(bytes, at);
    if (!segment || segment->marker == kEndOfImage) {
      return Fail(Broken(fmt::format("{} bytes, truncated or damaged header", bytes.size())));
    }
    if (segment->marker == kStartOfScan) {
      ReadFirstScan(segment->payload, frame);
      break;
    }
    if (IsFrame(segment->marker)) {
      TRY(ReadFrame(*segment, frame));
    } else if (segment->marker == kApp1 && !oriented && HasText(segment->payload, 0, "Exif")) {
      oriented = true;
      frame.header.orientation = ExifOrientation(segment->payload);
    }
    at = segment->next;
  }
  frame.scan_at = at;
  if (frame.coding == 0) return Fail(Broken("no frame header"));
  return frame;
}

// The number of scans from the first SOS on, counted no further than `enough`.
int CountScans(Bytes bytes, std::size_t at, int enough) {
  int scans = 0;
  while (scans < enough && at < bytes.size()) {
    const void* found = std::memchr(bytes.data() + at, 0xFF, bytes.size() - at);
    if (found == nullptr) break;
    at = static_cast<std::size_t>(static_cast<const std::byte*>(found) - bytes.data());
    const std::optional<Segment> segment = ReadSegment(bytes, at);
    if (segment && segment->marker == kEndOfImage) break;
    if (segment && segment->marker == kStartOfScan) ++scans;
    at = segment ? segment->next : at + 1;
  }
  return scans;
}

// Every scan visits every block, so a small file of many scans could keep a core busy for minutes.
Result<void> CheckScans(Bytes bytes, const Frame& frame, const DecodeLimits& limits) {
  if (frame.one_scan) return {};
  const std::int64_t pixels = std::int64_t{frame.header.width} * frame.header.height;
  const int scans = CountScans(bytes, frame.scan_at, limits.scans_max + 1);
  if (scans > limits.scans_max) {
    return Fail(Broken(fmt::format("more than {} scans", limits.scans_max)));
  }
  if (scans > limits.scan_pixels_max / pixels) {
    return Fail(Broken(fmt::format("{} scans over {} pixels are too many", scans, pixels)));
  }
  return {};
}

// The frame again, once what it would cost to decode is known to be within bounds.
Result<Frame> ReadFrameToDecode(Bytes bytes, const Header& header, const DecodeLimits& limits) {
  const Frame frame = TRY(ReadMarkers(bytes));
  TRY(CheckScans(bytes, frame, limits));
  const std::int64_t pixels_max = kPixelsPerByteMax * std::ssize(bytes);
  if (std::int64_t{header.width} * header.height > pixels_max) {
    return Fail(Broken(TooFewBytes(bytes, header)));
  }
  return frame;
}

struct CloseHandle {
  void operator()(tjhandle handle) const { tjDestroy(handle); }
};
using Handle = std::unique_ptr<std::remove_pointer_t<tjhandle>, CloseHandle>;

Result<Pixels> Decompress(Bytes bytes, Size size, TJPF layout, Pixels reuse = {}) {
  const Handle handle(tjInitDecompress());
  if (handle == nullptr) return Fail(ResourceExhausted("decode jpeg: no memory"));
  Pixels pixels =
      Resized(std::move(reuse), std::size_t{1} * size.width * size.height * tjPixelSize[layout]);
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  // A warning is damage: the rest of the picture would be grey, and so would be the answer.
  if (tjDecompress2(handle.get(), data, bytes.size(), pixels.data(), size.width, 0, size.height,
                    layout, TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS) != 0) {
    return Fail(Broken(tjGetErrorStr2(handle.get())));
  }
  return pixels;
}

// `cmyk`: [height, width, 4] u8, inverted (255 is no ink), as Adobe writes it and as browsers
// read every CMYK JPEG.
tensor::Image FromCmyk(std::span<const std::uint8_t> cmyk, Size size) {
  tensor::Image image = tensor::Image::Of(size.width, size.height);
  std::size_t from = 0;
  for (std::size_t to = 0; to < image.pixels.size(); to += 3, from += 4) {
    for (std::size_t channel = 0; channel < 3; ++channel) {
      const unsigned value = cmyk[from + channel] * unsigned{cmyk[from + 3]} + 127;
      image.pixels[to + channel] = static_cast<std::uint8_t>(value / 255);
    }
  }
  return image;
}

}  // namespace

Result<Header> ReadJpegHeader(Bytes bytes) {
  const Frame frame = TRY(ReadMarkers(bytes));
  return frame.header;
}

Result<tensor::Image> DecodeJpeg(Bytes bytes, const Header& header, const DecodeOptions& options,
                                 Pixels reuse) {
  const Frame frame = TRY(ReadFrameToDecode(bytes, header, options.limits));
  const Size size = ScaledSize(header, options.longest_side_min);
  const bool cmyk = frame.components == 4;
  Pixels pixels = TRY(Decompress(bytes, size, cmyk ? TJPF_CMYK : TJPF_RGB, std::move(reuse)));
  if (cmyk) return FromCmyk(pixels, size);
  return tensor::Image{size.width, size.height, std::move(pixels)};
}

Result<tensor::Plane> DecodeJpegLuma(Bytes bytes, const Header& header, int factor,
                                     const DecodeLimits& limits) {
  const Frame frame = TRY(ReadFrameToDecode(bytes, header, limits));
  const Size size = {(header.width - 1) / factor + 1, (header.height - 1) / factor + 1};
  if (frame.components == 4) {
    const std::vector<std::uint8_t> cmyk = TRY(Decompress(bytes, size, TJPF_CMYK));
    return tensor::LumaOf(FromCmyk(cmyk, size), 1);
  }
  std::vector<std::uint8_t> pixels = TRY(Decompress(bytes, size, TJPF_GRAY));
  return tensor::Plane{size.width, size.height, std::move(pixels)};
}

}  // namespace perigee::media
