// Request and answer messages of ModelInfer, used again and again, so that a picture's bytes land
// in memory that is already there. Thread-safe.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "inference.pb.h"

namespace perigee::grpc_server {

struct InferMessages {
  inference::ModelInferRequest request;
  inference::ModelInferResponse response;
};

class MessagePool {
 public:
  static constexpr std::size_t kIdleMax = 32;              // pairs kept
  static constexpr std::size_t kIdleBytesMax = 1U << 20U;  // of one kept pair

  // Both empty.
  std::unique_ptr<InferMessages> Take();
  void Return(std::unique_ptr<InferMessages> messages);

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<InferMessages>> idle_;  // guarded by mutex_
};

}  // namespace perigee::grpc_server
