#include "pipeline/stages/pixel_pool.h"

#include <gtest/gtest.h>

#include <utility>

namespace perigee::pipeline {
namespace {

TEST(PixelPool, HandsOutWhatWasGivenBack) {
  PixelPool pool(1000);
  Pixels buffer = pool.Take(300);
  EXPECT_EQ(buffer.size(), 300U);
  const std::uint8_t* const pixels = buffer.data();
  pool.GiveBack(std::move(buffer));
  const Pixels again = pool.Take(200);
  EXPECT_EQ(again.size(), 200U);
  EXPECT_EQ(again.data(), pixels);
}

TEST(PixelPool, HandsOutAFreshOneWhereTheKeptIsTooSmall) {
  PixelPool pool(1000);
  pool.GiveBack(Pixels(100, 7));
  EXPECT_EQ(pool.Take(300), Pixels(300, 0));
}

TEST(PixelPool, KeepsNoMoreBytesThanItMay) {
  PixelPool pool(250);
  for (int i = 0; i < 3; ++i) pool.GiveBack(Pixels(100));
  pool.GiveBack(Pixels(251));
  EXPECT_EQ(pool.Take().capacity(), 100U);
  EXPECT_EQ(pool.Take().capacity(), 100U);
  EXPECT_EQ(pool.Take().capacity(), 0U);
}

TEST(PixelPool, GetsALentBufferBackAtTheEndOfTheScope) {
  PixelPool pool(1000);
  const std::uint8_t* pixels = nullptr;
  {
    LentPixels lent(pool, 64);
    pixels = lent.get().data();
    LentPixels second(pool, 64);
    EXPECT_NE(second.get().data(), pixels);
  }
  EXPECT_EQ(pool.Take().data(), pixels);
}

}  // namespace
}  // namespace perigee::pipeline
