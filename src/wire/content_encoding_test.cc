#include "wire/content_encoding.h"

#include <gtest/gtest.h>

#include "wire/testing/text.h"

namespace perigee::wire {
namespace {

std::string Unpacked(std::string_view encoding, std::string_view body, std::size_t bytes_max) {
  const auto bytes = Decompress(encoding, Bytes(body), bytes_max);
  if (!bytes) return "error: " + bytes.error().message;
  return {reinterpret_cast<const char*>(bytes->data()), bytes->size()};
}

TEST(ContentEncoding, ComesBackFromGzipAndDeflate) {
  std::string body;
  for (int i = 0; i < 100'000; ++i) body += static_cast<char>(i % 251 * (i % 83));
  for (const char* encoding : {"gzip", "deflate"}) {
    const std::string packed = Compress(encoding, body);
    EXPECT_LT(packed.size(), body.size());
    EXPECT_EQ(Unpacked(encoding, packed, body.size()), body);
    EXPECT_EQ(Unpacked(encoding, Compress(encoding, ""), 0), "");
  }
  EXPECT_EQ(Unpacked(" GZip ", Compress("gzip", "x"), 1), "x");
}

TEST(ContentEncoding, RefusesABombAtItsLimit) {
  const std::string bomb = Compress("gzip", std::string(10'000'000, '\0'));
  EXPECT_LT(bomb.size(), 100'000U);
  EXPECT_EQ(Decompress("gzip", Bytes(bomb), 9'999'999).error().code, Code::kInvalidArgument);
  EXPECT_TRUE(Decompress("gzip", Bytes(bomb), 10'000'000).has_value());
  EXPECT_FALSE(Decompress("gzip", Bytes(bomb), 0).has_value());
}

TEST(ContentEncoding, RefusesBrokenUnfinishedAndTrailingBytes) {
  const std::string packed = Compress("gzip", "hello hello hello");
  for (std::size_t size = 0; size < packed.size(); ++size) {
    EXPECT_FALSE(Decompress("gzip", Bytes(packed.substr(0, size)), 1000).has_value()) << size;
  }
  EXPECT_FALSE(Decompress("gzip", Bytes(packed + "x"), 1000).has_value());
  EXPECT_FALSE(Decompress("deflate", Bytes(packed), 1000).has_value());
  EXPECT_FALSE(Decompress("br", Bytes(packed), 1000).has_value());
}

TEST(ContentEncoding, PassesIdentityWithinTheLimit) {
  EXPECT_EQ(Unpacked("", "abc", 3), "abc");
  EXPECT_EQ(Unpacked("identity", "abc", 3), "abc");
  EXPECT_FALSE(Decompress("", Bytes("abc"), 2).has_value());
}

TEST(ContentEncoding, ChoosesWhatTheClientLikesBest) {
  EXPECT_EQ(ChooseEncoding("gzip, deflate, br"), "gzip");
  EXPECT_EQ(ChooseEncoding("gzip;q=0.2, deflate;q=0.9"), "deflate");
  EXPECT_EQ(ChooseEncoding("GZIP; q=0.1"), "gzip");
  for (const char* none : {"", "br", "gzip;q=0", "identity", ",,;", "*"}) {
    EXPECT_EQ(ChooseEncoding(none), "") << none;
  }
}

}  // namespace
}  // namespace perigee::wire
