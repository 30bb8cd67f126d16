// Buffers of pixels that go from one frame to the next, so that a frame costs no fresh memory: the
// system clears each page of it once and the allocator once more (a tenth of decoding a JPEG of
// 640x480). Bounded by bytes, not by threads: what many workers at once needed is not kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <utility>
#include <vector>

namespace perigee::pipeline {

using Pixels = std::vector<std::uint8_t>;

// Thread-safe.
class PixelPool {
 public:
  // Keeps buffers of so many bytes together at most; more are freed.
  explicit PixelPool(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  // The buffer given back last, whatever it holds, or an empty one.
  Pixels Take();
  // `size` bytes, whatever they hold.
  Pixels Take(std::size_t size);
  void GiveBack(Pixels buffer);

 private:
  const std::size_t bytes_max_;
  std::mutex mutex_;
  std::vector<Pixels> kept_;
  std::size_t bytes_kept_ = 0;
};

// A buffer out of a pool, which gets it back at the end of the scope. Not thread-safe.
class LentPixels {
 public:
  LentPixels(PixelPool& pool, std::size_t size) : pool_(pool), buffer_(pool.Take(size)) {}
  LentPixels(const LentPixels&) = delete;
  LentPixels& operator=(const LentPixels&) = delete;
  ~LentPixels() { pool_.GiveBack(std::move(buffer_)); }

  Pixels& get() { return buffer_; }

 private:
  PixelPool& pool_;
  Pixels buffer_;
};

}  // namespace perigee::pipeline
