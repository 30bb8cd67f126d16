// SHA-256 (FIPS 180-4), to check that a file is the one that was meant. Pure; any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace perigee {

class Sha256 {
 public:
  void Update(std::span<const std::byte> bytes);
  // The digest of all bytes so far, 64 lower-case hexadecimal digits. The last call.
  std::string Finish();

 private:
  static constexpr std::size_t kBlock = 64;
  void Compress(const std::byte* block);

  std::array<std::uint32_t, 8> state_ = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                         0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<std::byte, kBlock> rest_{};
  std::size_t rest_size_ = 0;
  std::uint64_t size_ = 0;  // bytes so far
};

}  // namespace perigee
