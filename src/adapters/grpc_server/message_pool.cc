#include "adapters/grpc_server/message_pool.h"

#include <utility>

namespace perigee::grpc_server {

std::unique_ptr<InferMessages> MessagePool::Take() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      std::unique_ptr<InferMessages> messages = std::move(idle_.back());
      idle_.pop_back();
      return messages;
    }
  }
  return std::make_unique<InferMessages>();
}

void MessagePool::Return(std::unique_ptr<InferMessages> messages) {
  // Clear() keeps capacity, also that of elements no longer in use; SpaceUsedLong() counts both,
  // so no series of odd requests makes the pool hold more than its bound.
  const std::size_t bytes = messages->request.SpaceUsedLong() + messages->response.SpaceUsedLong();
  if (bytes > kIdleBytesMax) return;
  messages->request.Clear();
  messages->response.Clear();
  const std::lock_guard lock(mutex_);
  if (idle_.size() < kIdleMax) idle_.push_back(std::move(messages));
}

}  // namespace perigee::grpc_server
