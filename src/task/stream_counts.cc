#include "task/stream_counts.h"

namespace perigee::task {

// Under the lock.
StreamCounts::Row& StreamCounts::RowOf(std::string_view task) {
  const auto found = rows_.find(task);
  return found != rows_.end() ? found->second : rows_[std::string(task)];
}

void StreamCounts::Opened(std::string_view task) {
  const std::scoped_lock lock(mutex_);
  ++RowOf(task).open;
}

void StreamCounts::Closed(std::string_view task) {
  const std::scoped_lock lock(mutex_);
  --RowOf(task).open;
}

void StreamCounts::Answered(std::string_view task, FrameAnswer::Outcome outcome) {
  const std::scoped_lock lock(mutex_);
  ++RowOf(task).frames.at(static_cast<std::size_t>(outcome));
}

std::map<std::string, StreamCounts::Row, std::less<>> StreamCounts::All() const {
  const std::scoped_lock lock(mutex_);
  return rows_;
}

void FrameLedger::Pushed(std::size_t bytes) {
  const std::scoped_lock lock(mutex_);
  sizes_.push_back(bytes);
  held_ += bytes;
}

void FrameLedger::Answered() {
  const std::scoped_lock lock(mutex_);
  if (sizes_.empty()) return;
  held_ -= sizes_.front();
  sizes_.pop_front();
}

bool FrameLedger::HasRoom() const {
  const std::scoped_lock lock(mutex_);
  return sizes_.size() < kUnansweredMax;
}

std::size_t FrameLedger::held_bytes() const {
  const std::scoped_lock lock(mutex_);
  return held_;
}

}  // namespace perigee::task
