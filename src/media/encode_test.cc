#include "media/encode.h"

#include <gtest/gtest.h>

#include "media/decode.h"
#include "media/testing/pictures.h"

namespace perigee::media {
namespace {

using testing::Gradient;

TEST(Encode, PngComesBackExactly) {
  const tensor::Image image = Gradient(31, 17);
  EXPECT_EQ(Decode(*EncodePng(image))->image.pixels, image.pixels);
}

TEST(Encode, JpegComesBackNearlyAndSmallerAtLowerQuality) {
  const tensor::Image image = Gradient(320, 240);
  const auto fine = *EncodeJpeg(image, 95);
  EXPECT_LE(testing::LargestDifference(Decode(fine)->image, image), 10);
  EXPECT_LT(EncodeJpeg(image, 20)->size(), fine.size());
}

TEST(Encode, RefusesWhatIsNoPictureOrQuality) {
  EXPECT_EQ(EncodeJpeg({}, 90).error().message, "encode jpeg: 0 x 0 pixels in 0 bytes");
  EXPECT_EQ(EncodePng({}).error().message, "encode png: 0 x 0 pixels in 0 bytes");
  EXPECT_EQ(EncodePng({2, 2, {1, 2, 3}}).error().message, "encode png: 2 x 2 pixels in 3 bytes");
  EXPECT_EQ(EncodeJpeg(Gradient(4, 4), 0).error().code, Code::kInvalidArgument);
  EXPECT_EQ(EncodeJpeg(Gradient(4, 4), 101).error().message,
            "encode jpeg: quality 101 is outside 1..100");
}

}  // namespace
}  // namespace perigee::media
