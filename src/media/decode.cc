#include "media/decode.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "media/bytes.h"
#include "media/codec.h"
#include "media/orient.h"

namespace perigee::media {
namespace {

using std::string_view_literals::operator""sv;

constexpr std::string_view kSendInstead = "send JPEG, PNG or WebP";

struct Magic {
  std::size_t at;
  std::string_view text;
  std::string_view name;
};

// Formats people do send, so that the answer names what arrived.
constexpr std::array kForeign = {
    Magic{4, "ftypavi"sv, "AVIF"},     Magic{4, "ftyphei"sv, "HEIC"}, Magic{4, "ftyphev"sv, "HEIC"},
    Magic{4, "ftypmif"sv, "HEIC"},     Magic{4, "ftypmsf"sv, "HEIC"}, Magic{4, "ftyp"sv, "MP4"},
    Magic{0, "GIF8"sv, "GIF"},         Magic{0, "BM"sv, "BMP"},       Magic{0, "II*\0"sv, "TIFF"},
    Magic{0, "MM\0*"sv, "TIFF"},       Magic{0, "%PDF"sv, "PDF"},     Magic{0, "<svg"sv, "SVG"},
    Magic{0, "\xff\x0a"sv, "JPEG XL"},
};

Result<Format> Sniff(Bytes bytes) {
  if (bytes.empty()) return Fail(InvalidArgument("decode picture: no bytes"));
  if (HasText(bytes, 0, "\xff\xd8\xff")) return Format::kJpeg;
  if (HasText(bytes, 0, "\x89PNG\r\n\x1a\n")) return Format::kPng;
  if (HasText(bytes, 0, "RIFF") && HasText(bytes, 8, "WEBP")) return Format::kWebp;
  for (const Magic& magic : kForeign) {
    if (HasText(bytes, magic.at, magic.text)) {
      return Fail(InvalidArgument(
          fmt::format("decode picture: {} is not supported: {}", magic.name, kSendInstead)));
    }
  }
  return Fail(InvalidArgument(fmt::format(
      "decode picture: {} bytes that are no picture we know: {}", bytes.size(), kSendInstead)));
}

struct Codec {
  Result<Header> (*read_header)(Bytes);
  Result<tensor::Image> (*decode)(Bytes, const Header&, const DecodeOptions&, Pixels);
};

Codec CodecOf(Format format) {
  switch (format) {
    case Format::kPng:
      return {ReadPngHeader, DecodePng};
    case Format::kWebp:
      return {ReadWebpHeader, DecodeWebp};
    case Format::kJpeg:
      break;
  }
  return {ReadJpegHeader, DecodeJpeg};
}

PictureInfo InfoOf(Format format, const Header& header) {
  PictureInfo info = {format, header.width, header.height, header.orientation};
  if (SwapsSides(header.orientation)) std::swap(info.width, info.height);
  return info;
}

}  // namespace

std::string_view FormatName(Format format) {
  switch (format) {
    case Format::kPng:
      return "png";
    case Format::kWebp:
      return "webp";
    case Format::kJpeg:
      break;
  }
  return "jpeg";
}

Result<PictureInfo> Probe(Bytes bytes) {
  const Format format = TRY(Sniff(bytes));
  const Header header = TRY(CodecOf(format).read_header(bytes));
  return InfoOf(format, header);
}

namespace {

int ReducedSide(int side, int factor) { return (side - 1) / factor + 1; }

// By what ScaledSize reduced a longest side of `source` to `stored`.
int Factor(int source, int stored) {
  int factor = 1;
  while (factor < 8 && ReducedSide(source, factor) > stored) factor *= 2;
  return factor;
}

}  // namespace

Result<Picture> Decode(Bytes bytes, const DecodeOptions& options, Pixels reuse) {
  const Format format = TRY(Sniff(bytes));
  const Codec codec = CodecOf(format);
  const Header header = TRY(codec.read_header(bytes));
  TRY(CheckLimits(format, header, options.limits));
  tensor::Image stored = TRY(codec.decode(bytes, header, options, std::move(reuse)));
  const PictureInfo info = InfoOf(format, header);
  const int factor =
      Factor(std::max(header.width, header.height), std::max(stored.width, stored.height));
  return Picture{Upright(std::move(stored), header.orientation), info.width, info.height, factor};
}

Size ScaledSize(const Header& header, int longest_side_min) {
  int divisor = 1;
  if (longest_side_min > 0) {
    divisor = 8;
    const int longest = std::max(header.width, header.height);
    while (divisor > 1 && ReducedSide(longest, divisor) < longest_side_min) divisor /= 2;
  }
  return {ReducedSide(header.width, divisor), ReducedSide(header.height, divisor)};
}

Result<void> CheckLimits(Format format, const Header& header, const DecodeLimits& limits) {
  const auto refuse = [&](std::string_view what) {
    return Fail(
        InvalidArgument(fmt::format("decode {}: {} x {} pixels, more than {}", FormatName(format),
                                    header.width, header.height, what)));
  };
  if (std::max(header.width, header.height) > limits.side_max) {
    return refuse(fmt::format("{} a side", limits.side_max));
  }
  if (std::int64_t{header.width} * header.height > limits.pixels_max) {
    return refuse(fmt::format("{} in all", limits.pixels_max));
  }
  return {};
}

Pixels Resized(Pixels reuse, std::size_t size) {
  if (reuse.capacity() < size) return Pixels(size);
  reuse.resize(size);
  return reuse;
}

std::string TooFewBytes(Bytes bytes, const Header& header) {
  return fmt::format("{} bytes cannot hold {} x {} pixels", bytes.size(), header.width,
                     header.height);
}

tensor::Image OverWhite(Bytes rgba, Size size) {
  tensor::Image image = tensor::Image::Of(size.width, size.height);
  std::size_t from = 0;
  for (std::size_t to = 0; to < image.pixels.size(); to += 3, from += 4) {
    const std::uint32_t alpha = ByteAt(rgba, from + 3);
    const std::uint32_t white = 255 * (255 - alpha) + 127;
    for (std::size_t channel = 0; channel < 3; ++channel) {
      const std::uint32_t value = ByteAt(rgba, from + channel);
      image.pixels[to + channel] = static_cast<std::uint8_t>((value * alpha + white) / 255);
    }
  }
  return image;
}

}  // namespace perigee::media
