#include "media/exif.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "media/testing/pictures.h"

namespace perigee::media {
namespace {

using testing::Encoded;
using testing::MakeExif;

TEST(Exif, ReadsEveryOrientationInBothByteOrders) {
  for (int orientation = 1; orientation <= 8; ++orientation) {
    EXPECT_EQ(ExifOrientation(MakeExif(orientation, false)), orientation);
    EXPECT_EQ(ExifOrientation(MakeExif(orientation, true)), orientation);
  }
}

TEST(Exif, SkipsTheNameThatJpegPutsBefore) {
  Encoded exif = MakeExif(5);
  const Encoded name = {std::byte{'E'}, std::byte{'x'}, std::byte{'i'},
                        std::byte{'f'}, std::byte{0},   std::byte{0}};
  exif.insert(exif.begin(), name.begin(), name.end());
  EXPECT_EQ(ExifOrientation(exif), 5);
}

TEST(Exif, TakesNonsenseForUpright) {
  EXPECT_EQ(ExifOrientation(MakeExif(0)), 1);
  EXPECT_EQ(ExifOrientation(MakeExif(9)), 1);
  Encoded far = MakeExif(6);
  std::fill(far.begin() + 4, far.begin() + 8, std::byte{0xFF});
  EXPECT_EQ(ExifOrientation(far), 1);
  Encoded many = MakeExif(6);
  many[8] = many[9] = std::byte{0xFF};  // 65535 entries
  many[10] = std::byte{0};              // none of which is the orientation
  EXPECT_EQ(ExifOrientation(many), 1);
}

TEST(Exif, TakesEveryTruncationForUpright) {
  const Encoded whole = MakeExif(6, true);
  for (std::size_t size = 0; size < 22; ++size) {
    const Encoded part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_EQ(ExifOrientation(part), 1) << size;
  }
}

}  // namespace
}  // namespace perigee::media
