// Where models end. The last owner of a model may be an answer on one of the model's own threads,
// which cannot wait for itself; so a model made shared here is handed to a thread of this object
// when its last owner lets go, destroyed there, and its memory given back.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "model/model.h"
#include "serving/load.h"

namespace perigee::serving {

// Thread-safe. Outlives every model that it made shared. Its queue holds no more than the models
// that were loaded; who loads waits for fewer first.
class Retirement {
 public:
  // `after` runs on the thread of this object whenever models have ended: a place to give memory
  // back to the system.
  explicit Retirement(std::function<void()> after);
  // Waits for those that were handed over.
  ~Retirement();
  Retirement(const Retirement&) = delete;
  Retirement& operator=(const Retirement&) = delete;

  model::SharedModel Share(LoadedModel loaded);

  // Models that nobody owns any more and that have not ended.
  std::size_t waiting() const;
  // Waits until there are fewer than `count`; false if that takes longer than `wait_max`.
  bool WaitForFewerThan(std::size_t count, Duration wait_max);
  // Returns once there are none.
  void WaitUntilIdle();

 private:
  void Take(std::unique_ptr<LoadedModel> retired);
  void Serve();

  const std::function<void()> after_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // Below guarded by mutex_.
  bool closed_ = false;
  std::vector<std::unique_ptr<LoadedModel>> retired_;
  std::size_t ending_ = 0;  // being destroyed
  std::jthread thread_;
};

}  // namespace perigee::serving
