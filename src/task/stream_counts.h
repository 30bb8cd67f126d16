// What the streams of a node came to, for its metrics: every server of streams counts here.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "task/session.h"

namespace perigee::task {

// Thread-safe. Tasks are the node's own, so they are few.
class StreamCounts {
 public:
  static constexpr std::size_t kOutcomes = 5;
  struct Row {
    std::array<std::uint64_t, kOutcomes> frames{};  // by Outcome
    std::int64_t open = 0;                          // streams now
  };

  void Opened(std::string_view task);
  void Closed(std::string_view task);
  void Answered(std::string_view task, FrameAnswer::Outcome outcome);
  // By task.
  std::map<std::string, Row, std::less<>> All() const;

 private:
  Row& RowOf(std::string_view task);

  mutable std::mutex mutex_;
  std::map<std::string, Row, std::less<>> rows_;  // guarded by mutex_
};

// How much one stream has under way, so that its server knows when to stop reading. Thread-safe.
class FrameLedger {
 public:
  // Frames without an answer beyond which a server reads no more of the stream.
  static constexpr std::size_t kUnansweredMax = 64;

  void Pushed(std::size_t bytes);
  void Answered();  // the oldest: answers come in the order of pushing
  bool HasRoom() const;
  // An upper bound: a frame passed over is let go before its answer leaves.
  std::size_t held_bytes() const;

 private:
  mutable std::mutex mutex_;
  std::deque<std::size_t> sizes_;  // of the frames under way; guarded by mutex_
  std::size_t held_ = 0;           // their sum; guarded by mutex_
};

}  // namespace perigee::task
