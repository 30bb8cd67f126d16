#include "apps/perigee/read_file.h"

#include <fstream>

namespace perigee::app {
namespace {

constexpr std::uintmax_t kBytesMax = std::uintmax_t{64} << 20;

}  // namespace

Result<std::vector<std::byte>> ReadFile(const std::filesystem::path& path) {
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  if (error) return Fail(NotFound("read " + path.string() + ": " + error.message()));
  if (size > kBytesMax) return Fail(InvalidArgument("read " + path.string() + ": over 64 MiB"));
  std::vector<std::byte> bytes(size);
  std::ifstream file(path, std::ios::binary);
  file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size));
  if (!file) return Fail(NotFound("read " + path.string() + ": cannot be read"));
  return bytes;
}

}  // namespace perigee::app
