// WebP with libwebp, lossy and lossless, one picture. EXIF is found by walking the chunks.
#include <fmt/format.h>
#include <webp/decode.h>

#include <utility>
#include <vector>

#include "media/codec.h"
#include "media/exif.h"

namespace perigee::media {
namespace {

constexpr std::size_t kRiffBytes = 12;
constexpr std::size_t kChunkHeaderBytes = 8;
constexpr int kLossy = 1;  // WebPBitstreamFeatures::format

Error Broken(std::string_view why) { return InvalidArgument(fmt::format("decode webp: {}", why)); }

std::string_view StatusName(VP8StatusCode status) {
  switch (status) {
    case VP8_STATUS_NOT_ENOUGH_DATA:
      return "truncated";
    case VP8_STATUS_UNSUPPORTED_FEATURE:
      return "unsupported feature";
    case VP8_STATUS_OUT_OF_MEMORY:
      return "no memory";
    default:
      return "damaged";
  }
}

int FindOrientation(Bytes bytes) {
  std::size_t at = kRiffBytes;
  while (at <= bytes.size() && bytes.size() - at >= kChunkHeaderBytes) {
    const std::size_t length = Little32(bytes, at + 4);
    const std::size_t rest = bytes.size() - at - kChunkHeaderBytes;
    if (length > rest) break;
    if (HasText(bytes, at, "EXIF")) {
      return ExifOrientation(bytes.subspan(at + kChunkHeaderBytes, length));
    }
    at += kChunkHeaderBytes + length + length % 2;  // chunks are padded to even length
  }
  return 1;
}

const std::uint8_t* Data(Bytes bytes) {
  return reinterpret_cast<const std::uint8_t*>(bytes.data());
}

Result<WebPBitstreamFeatures> ReadFeatures(Bytes bytes) {
  WebPBitstreamFeatures features;
  const VP8StatusCode status = WebPGetFeatures(Data(bytes), bytes.size(), &features);
  if (status != VP8_STATUS_OK) return Fail(Broken(StatusName(status)));
  if (features.has_animation != 0) return Fail(Broken("animations are not supported"));
  if (features.width <= 0 || features.height <= 0) return Fail(Broken("no size"));
  return features;
}

// The output of libwebp is our own buffer.
void PlaceInto(Pixels& pixels, Size size, bool alpha, WebPDecoderConfig& config) {
  const int channels = alpha ? 4 : 3;
  pixels = Resized(std::move(pixels), std::size_t{1} * size.width * size.height * channels);
  config.output.colorspace = alpha ? MODE_RGBA : MODE_RGB;
  config.output.is_external_memory = 1;
  config.output.u.RGBA.rgba = pixels.data();
  config.output.u.RGBA.stride = size.width * channels;
  config.output.u.RGBA.size = pixels.size();
}

}  // namespace

Result<Header> ReadWebpHeader(Bytes bytes) {
  const WebPBitstreamFeatures features = TRY(ReadFeatures(bytes));
  return Header{features.width, features.height, FindOrientation(bytes)};
}

Result<tensor::Image> DecodeWebp(Bytes bytes, const Header& header, const DecodeOptions& options,
                                 Pixels reuse) {
  const WebPBitstreamFeatures features = TRY(ReadFeatures(bytes));
  const bool alpha = features.has_alpha != 0;
  const int longest_side_min = features.format == kLossy ? options.longest_side_min : 0;
  const Size size = ScaledSize(header, longest_side_min);
  WebPDecoderConfig config;
  if (WebPInitDecoderConfig(&config) == 0) return Fail(Internal("decode webp: library mismatch"));
  config.options.use_scaling = size.width != header.width || size.height != header.height ? 1 : 0;
  config.options.scaled_width = size.width;
  config.options.scaled_height = size.height;
  Pixels pixels = std::move(reuse);
  PlaceInto(pixels, size, alpha, config);
  const VP8StatusCode status = WebPDecode(Data(bytes), bytes.size(), &config);
  WebPFreeDecBuffer(&config.output);
  if (status != VP8_STATUS_OK) return Fail(Broken(StatusName(status)));
  if (alpha) return OverWhite(std::as_bytes(std::span(pixels)), size);
  return tensor::Image{size.width, size.height, std::move(pixels)};
}

}  // namespace perigee::media
