// PNG with libpng. Chunk headers are walked here first; of the ancillary chunks libpng sees none
// but tRNS, so compressed text and profiles cannot expand.
#include <fmt/format.h>
#include <png.h>

#include <algorithm>
#include <array>
#include <csetjmp>
#include <cstring>
#include <utility>
#include <vector>

#include "media/codec.h"
#include "media/exif.h"

namespace perigee::media {
namespace {

constexpr std::size_t kSignatureBytes = 8;
constexpr std::size_t kChunkOverhead = 12;    // length, type and checksum
constexpr std::size_t kHeaderBytes = 13;      // of the IHDR chunk
constexpr std::int64_t kInflationMax = 1032;  // deflate cannot do better
constexpr std::uint32_t kSideMax = 0x7FFFFFFF;

Error Broken(std::string_view why) { return InvalidArgument(fmt::format("decode png: {}", why)); }

// The orientation of the first eXIf chunk; it may stand behind the pixels.
int FindOrientation(Bytes bytes) {
  std::size_t at = kSignatureBytes;
  while (at <= bytes.size() && bytes.size() - at >= kChunkOverhead) {
    const std::size_t length = Big32(bytes, at);
    if (length > bytes.size() - at - kChunkOverhead) break;
    if (HasText(bytes, at + 4, "eXIf")) return ExifOrientation(bytes.subspan(at + 8, length));
    at += kChunkOverhead + length;
  }
  return 1;
}

// Could the file hold as many pixels as its header says?
bool CanHold(Bytes bytes, const Header& header) {
  constexpr std::array<std::int64_t, 7> kSamples = {1, 1, 3, 1, 2, 1, 4};  // by colour type
  const std::int64_t depth = ByteAt(bytes, kSignatureBytes + 16);
  const std::uint32_t colour = std::min(ByteAt(bytes, kSignatureBytes + 17), 6U);
  const std::int64_t pixels = std::int64_t{header.width} * header.height;
  return pixels / 8 * depth * kSamples[colour] <= kInflationMax * std::ssize(bytes);
}

// libpng's state and what its callbacks need. libpng reports errors by longjmp, so functions that
// call it after setjmp keep no object with a destructor in between.
struct Reader {
  explicit Reader(Bytes input) : rest(input) {}
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  ~Reader() { png_destroy_read_struct(&png, &info, nullptr); }

  Bytes rest;
  char why[128] = "damaged";  // no string: written just before a longjmp
  png_structp png = nullptr;
  png_infop info = nullptr;
};

void OnError(png_structp png, png_const_charp message) {
  auto* reader = static_cast<Reader*>(png_get_error_ptr(png));
  const std::size_t length = std::min(std::strlen(message), sizeof reader->why - 1);
  std::memcpy(reader->why, message, length);
  reader->why[length] = '\0';
  png_longjmp(png, 1);
}

void OnWarning(png_structp, png_const_charp) {}

void OnRead(png_structp png, png_bytep to, std::size_t count) {
  auto* reader = static_cast<Reader*>(png_get_io_ptr(png));
  if (reader->rest.size() < count) png_error(png, "truncated");
  std::memcpy(to, reader->rest.data(), count);
  reader->rest = reader->rest.subspan(count);
}

bool Open(Reader& reader) {
  reader.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &reader, OnError, OnWarning);
  if (reader.png != nullptr) reader.info = png_create_info_struct(reader.png);
  return reader.info != nullptr;
}

// Reads the header and asks for 8-bit RGB or RGBA.
bool ReadInfo(Reader& reader, const DecodeLimits& limits) {
  if (setjmp(png_jmpbuf(reader.png)) != 0) return false;
  const auto side_max = static_cast<png_uint_32>(limits.side_max);
  png_set_user_limits(reader.png, side_max, side_max);
  png_set_keep_unknown_chunks(reader.png, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);
  png_set_read_fn(reader.png, &reader, OnRead);
  png_read_info(reader.png, reader.info);
  png_set_expand(reader.png);
  png_set_scale_16(reader.png);
  png_set_gray_to_rgb(reader.png);
  png_set_interlace_handling(reader.png);
  png_read_update_info(reader.png, reader.info);
  return true;
}

bool ReadRows(Reader& reader, png_bytepp rows) {
  if (setjmp(png_jmpbuf(reader.png)) != 0) return false;
  png_read_image(reader.png, rows);
  png_read_end(reader.png, nullptr);
  return true;
}

}  // namespace

Result<Header> ReadPngHeader(Bytes bytes) {
  if (bytes.size() < kSignatureBytes + kChunkOverhead + kHeaderBytes ||
      !HasText(bytes, kSignatureBytes + 4, "IHDR")) {
    return Fail(Broken(fmt::format("{} bytes, no header", bytes.size())));
  }
  const std::uint32_t width = Big32(bytes, kSignatureBytes + 8);
  const std::uint32_t height = Big32(bytes, kSignatureBytes + 12);
  if (width == 0 || height == 0 || width > kSideMax || height > kSideMax) {
    return Fail(Broken("no size"));
  }
  return Header{static_cast<int>(width), static_cast<int>(height), FindOrientation(bytes)};
}

Result<tensor::Image> DecodePng(Bytes bytes, const Header& header, const DecodeOptions& options,
                                Pixels reuse) {
  if (!CanHold(bytes, header)) return Fail(Broken(TooFewBytes(bytes, header)));
  Reader reader(bytes);
  if (!Open(reader)) return Fail(ResourceExhausted("decode png: no memory"));
  if (!ReadInfo(reader, options.limits)) return Fail(Broken(reader.why));
  const std::size_t stride = png_get_rowbytes(reader.png, reader.info);
  const std::size_t channels = png_get_channels(reader.png, reader.info);
  if ((channels != 3 && channels != 4) ||
      stride != channels * static_cast<unsigned>(header.width)) {
    return Fail(Broken("unexpected layout"));
  }
  Pixels pixels = Resized(std::move(reuse), stride * static_cast<unsigned>(header.height));
  std::vector<png_bytep> rows;
  for (std::size_t at = 0; at < pixels.size(); at += stride) rows.push_back(pixels.data() + at);
  if (!ReadRows(reader, rows.data())) return Fail(Broken(reader.why));
  if (channels == 4)
    return OverWhite(std::as_bytes(std::span(pixels)), {header.width, header.height});
  return tensor::Image{header.width, header.height, std::move(pixels)};
}

}  // namespace perigee::media
