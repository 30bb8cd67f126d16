#include "media/encode.h"

#include <fmt/format.h>
#include <png.h>
#include <turbojpeg.h>

#include <memory>
#include <string_view>
#include <type_traits>

namespace perigee::media {
namespace {

constexpr int kSideMax = 65535;

Result<void> CheckPicture(const tensor::Image& image, std::string_view attempt) {
  const bool sized =
      image.width > 0 && image.height > 0 && image.width <= kSideMax && image.height <= kSideMax;
  if (!sized || image.pixels.size() != std::size_t{3} * image.width * image.height) {
    return Fail(InvalidArgument(fmt::format("{}: {} x {} pixels in {} bytes", attempt, image.width,
                                            image.height, image.pixels.size())));
  }
  return {};
}

struct CloseHandle {
  void operator()(tjhandle handle) const { tjDestroy(handle); }
};

}  // namespace

Result<std::vector<std::byte>> EncodeJpeg(const tensor::Image& image, int quality) {
  TRY(CheckPicture(image, "encode jpeg"));
  if (quality < 1 || quality > 100) {
    return Fail(InvalidArgument(fmt::format("encode jpeg: quality {} is outside 1..100", quality)));
  }
  const std::unique_ptr<std::remove_pointer_t<tjhandle>, CloseHandle> handle(tjInitCompress());
  if (handle == nullptr) return Fail(ResourceExhausted("encode jpeg: no memory"));
  std::vector<std::byte> bytes(tjBufSize(image.width, image.height, TJSAMP_420));
  auto* to = reinterpret_cast<unsigned char*>(bytes.data());
  unsigned long size = bytes.size();
  if (tjCompress2(handle.get(), image.pixels.data(), image.width, 0, image.height, TJPF_RGB, &to,
                  &size, TJSAMP_420, quality, TJFLAG_NOREALLOC) != 0) {
    return Fail(Internal(fmt::format("encode jpeg: {}", tjGetErrorStr2(handle.get()))));
  }
  bytes.resize(size);
  return bytes;
}

Result<std::vector<std::byte>> EncodePng(const tensor::Image& image) {
  TRY(CheckPicture(image, "encode png"));
  png_image header = {};
  header.version = PNG_IMAGE_VERSION;
  header.width = static_cast<png_uint_32>(image.width);
  header.height = static_cast<png_uint_32>(image.height);
  header.format = PNG_FORMAT_RGB;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(header);
  std::vector<std::byte> bytes(size);
  if (png_image_write_to_memory(&header, bytes.data(), &size, 0, image.pixels.data(), 0, nullptr) ==
      0) {
    return Fail(Internal(fmt::format("encode png: {}", header.message)));
  }
  bytes.resize(size);
  return bytes;
}

}  // namespace perigee::media
