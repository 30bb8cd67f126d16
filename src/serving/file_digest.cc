#include "serving/file_digest.h"

#include <cstddef>
#include <fstream>
#include <span>
#include <vector>

#include "base/sha256.h"

namespace perigee::serving {
namespace {

constexpr std::size_t kChunkBytes = 1 << 18;

}  // namespace

Result<std::string> FileDigest(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  Sha256 sha;
  std::vector<char> chunk(kChunkBytes);
  while (stream) {
    stream.read(chunk.data(), static_cast<std::streamsize>(chunk.size()));
    const auto read = static_cast<std::size_t>(stream.gcount());
    sha.Update(std::as_bytes(std::span(chunk)).first(read));
  }
  if (stream.eof()) return sha.Finish();
  return Fail(NotFound("read " + file.string() + ": cannot be read; check who may"));
}

}  // namespace perigee::serving
