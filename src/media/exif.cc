#include "media/exif.h"

#include <cstdint>
#include <string_view>

#include "media/bytes.h"

namespace perigee::media {
namespace {

using std::string_view_literals::operator""sv;

constexpr std::size_t kEntryBytes = 12;
constexpr std::uint32_t kOrientationTag = 0x0112;
constexpr std::uint32_t kShortType = 3;

struct Tiff {
  Bytes bytes;
  bool big = false;

  std::uint32_t U16(std::size_t at) const { return big ? Big16(bytes, at) : Little16(bytes, at); }
  std::uint32_t U32(std::size_t at) const { return big ? Big32(bytes, at) : Little32(bytes, at); }
};

}  // namespace

int ExifOrientation(Bytes exif) {
  if (HasText(exif, 0, "Exif\0\0"sv)) exif = exif.subspan(6);
  const bool big = HasText(exif, 0, "MM\0*"sv);
  if ((!big && !HasText(exif, 0, "II*\0"sv)) || exif.size() < 8) return 1;
  const Tiff tiff = {exif, big};
  const std::size_t directory = tiff.U32(4);
  if (directory > exif.size() || exif.size() - directory < 2) return 1;
  const std::size_t room = (exif.size() - directory - 2) / kEntryBytes;
  for (std::size_t i = 0; i < room && i < tiff.U16(directory); ++i) {
    const std::size_t entry = directory + 2 + i * kEntryBytes;
    if (tiff.U16(entry) != kOrientationTag) continue;
    const std::uint32_t value = tiff.U16(entry + 8);
    const bool valid = tiff.U16(entry + 2) == kShortType && value >= 1 && value <= 8;
    return valid ? static_cast<int>(value) : 1;
  }
  return 1;
}

}  // namespace perigee::media
