#include "base/sha256.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string_view>

namespace perigee {
namespace {

std::string Digest(std::string_view text, std::size_t step) {
  Sha256 sha;
  const auto bytes = std::as_bytes(std::span(text));
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    sha.Update(bytes.subspan(at, std::min(step, bytes.size() - at)));
  }
  return sha.Finish();
}

// The examples of FIPS 180-2, appendix B, and NIST's empty message.
TEST(Sha256, GivesTheDigestsThatNistPublished) {
  EXPECT_EQ(Digest("", 1), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Digest("abc", 3), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Digest("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(Digest(std::string(1'000'000, 'a'), 4096),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, DoesNotCareHowTheBytesArrive) {
  for (const std::size_t size : {55, 56, 63, 64, 65, 127, 128, 200}) {
    const std::string text(size, 'x');
    const std::string whole = Digest(text, size);
    for (const std::size_t step : {1, 7, 63, 64, 65}) EXPECT_EQ(Digest(text, step), whole);
  }
}

}  // namespace
}  // namespace perigee
