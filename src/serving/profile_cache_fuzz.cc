// Profile files: whatever the bytes, points or an error, and what was read is written and read
// back the same.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "serving/profile_cache.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace perigee::serving;
  const auto points = ParseProfile({reinterpret_cast<const char*>(data), size});
  if (!points.has_value()) return 0;
  const std::string text = WriteProfile(*points);
  const auto again = ParseProfile(text);
  CHECK(again.has_value());
  CHECK(WriteProfile(*again) == text);
  return 0;
}
