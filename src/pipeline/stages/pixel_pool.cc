#include "pipeline/stages/pixel_pool.h"

#include <utility>

namespace perigee::pipeline {

Pixels PixelPool::Take() {
  const std::scoped_lock lock(mutex_);
  if (kept_.empty()) return {};
  Pixels buffer = std::move(kept_.back());
  kept_.pop_back();
  bytes_kept_ -= buffer.capacity();
  return buffer;
}

Pixels PixelPool::Take(std::size_t size) {
  Pixels buffer = Take();
  // Growing would copy what nobody will read.
  if (buffer.capacity() < size) return Pixels(size);
  buffer.resize(size);
  return buffer;
}

void PixelPool::GiveBack(Pixels buffer) {
  const std::scoped_lock lock(mutex_);
  if (buffer.capacity() == 0 || buffer.capacity() > bytes_max_ - bytes_kept_) return;
  bytes_kept_ += buffer.capacity();
  kept_.push_back(std::move(buffer));
}

}  // namespace perigee::pipeline
