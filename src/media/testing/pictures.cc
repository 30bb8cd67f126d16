#include "media/testing/pictures.h"

#include <png.h>
#include <turbojpeg.h>
#include <webp/encode.h>

#include <algorithm>
#include <cstdlib>
#include <string>

#include "base/check.h"

namespace perigee::media::testing {
namespace {

std::byte At(std::uint32_t value, int shift) {
  return static_cast<std::byte>(value >> shift & 255);
}

void AppendText(Encoded& to, std::string_view text) {
  for (const char letter : text) to.push_back(static_cast<std::byte>(letter));
}
void AppendBig32(Encoded& to, std::uint32_t value) {
  for (const int shift : {24, 16, 8, 0}) to.push_back(At(value, shift));
}
void AppendLittle32(Encoded& to, std::uint32_t value) {
  for (const int shift : {0, 8, 16, 24}) to.push_back(At(value, shift));
}
void Append16(Encoded& to, std::uint32_t value, bool big_endian) {
  to.push_back(At(value, big_endian ? 8 : 0));
  to.push_back(At(value, big_endian ? 0 : 8));
}

std::size_t Find(const Encoded& bytes, std::string_view text) {
  Encoded wanted;
  AppendText(wanted, text);
  const auto found = std::ranges::search(bytes, wanted);
  CHECK(!found.empty());
  return static_cast<std::size_t>(found.begin() - bytes.begin());
}

Encoded Insert(Encoded bytes, std::size_t at, const Encoded& piece) {
  bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(at), piece.begin(), piece.end());
  return bytes;
}

std::uint32_t Crc(std::span<const std::byte> bytes) {
  std::uint32_t crc = 0xFFFFFFFF;
  for (const std::byte byte : bytes) {
    crc ^= std::to_integer<std::uint32_t>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xEDB88320U : 0);
  }
  return ~crc;
}

int ColourType(PngKind::Colour colour) {
  switch (colour) {
    case PngKind::Colour::kGrey:
      return PNG_COLOR_TYPE_GRAY;
    case PngKind::Colour::kPalette:
      return PNG_COLOR_TYPE_PALETTE;
    case PngKind::Colour::kGreyAlpha:
      return PNG_COLOR_TYPE_GRAY_ALPHA;
    case PngKind::Colour::kRgba:
      return PNG_COLOR_TYPE_RGB_ALPHA;
    case PngKind::Colour::kRgb:
      break;
  }
  return PNG_COLOR_TYPE_RGB;
}

void OnWrite(png_structp png, png_bytep from, std::size_t count) {
  auto* to = static_cast<Encoded*>(png_get_io_ptr(png));
  const auto* bytes = reinterpret_cast<const std::byte*>(from);
  to->insert(to->end(), bytes, bytes + count);
}

Encoded TakeWebp(std::uint8_t* bytes, std::size_t size) {
  CHECK(size > 0);
  const auto* from = reinterpret_cast<const std::byte*>(bytes);
  Encoded encoded(from, from + size);
  WebPFree(bytes);
  return encoded;
}

}  // namespace

tensor::Image Gradient(int width, int height) {
  tensor::Image image = tensor::Image::Of(width, height);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      std::uint8_t* pixel = image.Row(y).data() + std::ptrdiff_t{3} * x;
      pixel[0] = static_cast<std::uint8_t>(40 + 200 * x / width);
      pixel[1] = static_cast<std::uint8_t>(20 + 180 * y / height);
      pixel[2] = static_cast<std::uint8_t>(230 - 100 * x / width - 100 * y / height);
    }
  }
  return image;
}

Encoded MakeJpeg(const tensor::Image& image, const JpegKind& kind) {
  std::vector<std::uint8_t> pixels;
  for (std::size_t i = 0; i < image.pixels.size(); ++i) {
    if (!kind.grey || i % 3 == 0) pixels.push_back(image.pixels[i]);
    if (kind.cmyk && i % 3 == 2) pixels.push_back(255);
  }
  const int layout = kind.grey ? TJPF_GRAY : kind.cmyk ? TJPF_CMYK : TJPF_RGB;
  const int sampling = kind.grey ? TJSAMP_GRAY : TJSAMP_444;
  const tjhandle handle = tjInitCompress();
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  CHECK(tjCompress2(handle, pixels.data(), image.width, 0, image.height, layout, &bytes, &size,
                    sampling, kind.quality, kind.progressive ? TJFLAG_PROGRESSIVE : 0) == 0);
  const auto* from = reinterpret_cast<const std::byte*>(bytes);
  Encoded encoded(from, from + size);
  tjFree(bytes);
  tjDestroy(handle);
  return encoded;
}

Encoded MakePng(int width, int height, const PngKind& kind, std::span<const std::uint8_t> rows) {
  Encoded encoded;
  // Without handlers of our own libpng aborts on an error, which is what a test wants.
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(png);
  png_set_write_fn(png, &encoded, OnWrite, nullptr);
  png_set_IHDR(png, info, static_cast<png_uint_32>(width), static_cast<png_uint_32>(height),
               kind.depth, ColourType(kind.colour),
               kind.interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  if (!kind.palette.empty()) {
    png_set_PLTE(png, info, reinterpret_cast<png_const_colorp>(kind.palette.data()),
                 static_cast<int>(kind.palette.size() / 3));
  }
  png_write_info(png, info);
  std::vector<std::uint8_t> copy(rows.begin(), rows.end());
  const std::size_t stride = png_get_rowbytes(png, info);
  CHECK(copy.size() == stride * static_cast<unsigned>(height));
  std::vector<png_bytep> pointers;
  for (std::size_t at = 0; at < copy.size(); at += stride) pointers.push_back(copy.data() + at);
  png_write_image(png, pointers.data());
  png_write_end(png, nullptr);
  png_destroy_write_struct(&png, &info);
  return encoded;
}

Encoded MakeWebp(const tensor::Image& image, bool lossless) {
  std::uint8_t* bytes = nullptr;
  const std::uint8_t* pixels = image.pixels.data();
  const std::size_t size =
      lossless ? WebPEncodeLosslessRGB(pixels, image.width, image.height, image.width * 3, &bytes)
               : WebPEncodeRGB(pixels, image.width, image.height, image.width * 3, 90, &bytes);
  return TakeWebp(bytes, size);
}

Encoded MakeWebpWithAlpha(int width, int height, std::span<const std::uint8_t> rgba) {
  std::uint8_t* bytes = nullptr;
  const std::size_t size = WebPEncodeLosslessRGBA(rgba.data(), width, height, width * 4, &bytes);
  return TakeWebp(bytes, size);
}

Encoded MakeExif(int orientation, bool big_endian) {
  Encoded exif;
  AppendText(exif, big_endian ? std::string_view("MM\0*", 4) : std::string_view("II*\0", 4));
  big_endian ? AppendBig32(exif, 8) : AppendLittle32(exif, 8);
  Append16(exif, 1, big_endian);       // entries
  Append16(exif, 0x0112, big_endian);  // orientation
  Append16(exif, 3, big_endian);       // a short
  big_endian ? AppendBig32(exif, 1) : AppendLittle32(exif, 1);
  Append16(exif, static_cast<std::uint32_t>(orientation), big_endian);
  Append16(exif, 0, big_endian);
  AppendLittle32(exif, 0);  // no further directory
  return exif;
}

Encoded JpegWithExif(const Encoded& jpeg, int orientation) {
  const Encoded exif = MakeExif(orientation);
  Encoded segment = {std::byte{0xFF}, std::byte{0xE1}};
  Append16(segment, static_cast<std::uint32_t>(2 + 6 + exif.size()), true);
  AppendText(segment, std::string_view("Exif\0\0", 6));
  return Insert(jpeg, 2, Insert(segment, segment.size(), exif));
}

Encoded PngWithExif(const Encoded& png, int orientation) {
  return PngWithChunk(png, "eXIf", MakeExif(orientation, true));
}

Encoded WebpWithExif(const Encoded& webp, const tensor::Image& image, int orientation) {
  const Encoded exif = MakeExif(orientation);
  Encoded chunks;
  AppendText(chunks, "WEBPVP8X");
  AppendLittle32(chunks, 10);
  AppendLittle32(chunks, 8);  // flag: has EXIF
  const auto width = static_cast<std::uint32_t>(image.width - 1);
  const auto height = static_cast<std::uint32_t>(image.height - 1);
  for (const std::uint32_t side : {width, height}) {
    for (const int shift : {0, 8, 16}) chunks.push_back(At(side, shift));
  }
  chunks.insert(chunks.end(), webp.begin() + 12, webp.end());
  AppendText(chunks, "EXIF");
  AppendLittle32(chunks, static_cast<std::uint32_t>(exif.size()));
  chunks = Insert(chunks, chunks.size(), exif);
  Encoded whole;
  AppendText(whole, "RIFF");
  AppendLittle32(whole, static_cast<std::uint32_t>(chunks.size()));
  return Insert(whole, whole.size(), chunks);
}

Encoded PngWithChunk(const Encoded& png, std::string_view type,
                     std::span<const std::byte> payload) {
  Encoded typed;
  AppendText(typed, type);
  typed.insert(typed.end(), payload.begin(), payload.end());
  Encoded chunk;
  AppendBig32(chunk, static_cast<std::uint32_t>(payload.size()));
  chunk = Insert(chunk, chunk.size(), typed);
  AppendBig32(chunk, Crc(typed));
  return Insert(png, Find(png, "IDAT") - 4, chunk);
}

Encoded JpegClaiming(Encoded jpeg, int width, int height) {
  // SOF0 or SOF2, its length and 8 bits a sample; then height and width.
  const auto is_frame = [&](std::size_t at) {
    return jpeg[at] == std::byte{0xFF} &&
           (jpeg[at + 1] == std::byte{0xC0} || jpeg[at + 1] == std::byte{0xC2}) &&
           jpeg[at + 4] == std::byte{8};
  };
  std::size_t at = 2;
  while (!is_frame(at)) CHECK(++at + 9 < jpeg.size());
  jpeg[at + 5] = At(static_cast<std::uint32_t>(height), 8);
  jpeg[at + 6] = At(static_cast<std::uint32_t>(height), 0);
  jpeg[at + 7] = At(static_cast<std::uint32_t>(width), 8);
  jpeg[at + 8] = At(static_cast<std::uint32_t>(width), 0);
  return jpeg;
}

Encoded PngClaiming(Encoded png, int width, int height) {
  Encoded sides;
  AppendBig32(sides, static_cast<std::uint32_t>(width));
  AppendBig32(sides, static_cast<std::uint32_t>(height));
  const std::size_t at = Find(png, "IHDR") + 4;
  std::ranges::copy(sides, png.begin() + static_cast<std::ptrdiff_t>(at));
  Encoded crc;
  AppendBig32(crc, Crc(std::span(png).subspan(at - 4, 4 + 13)));
  std::ranges::copy(crc, png.begin() + static_cast<std::ptrdiff_t>(at + 13));
  return png;
}

int LargestDifference(const tensor::Image& a, const tensor::Image& b) {
  if (a.width != b.width || a.height != b.height) return 256;
  int largest = 0;
  for (std::size_t i = 0; i < a.pixels.size(); ++i) {
    largest = std::max(largest, std::abs(int{a.pixels[i]} - int{b.pixels[i]}));
  }
  return largest;
}

}  // namespace perigee::media::testing
