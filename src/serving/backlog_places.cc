// Backlog's places: where idle instances wait for work, and how a caller's thread runs one of them.
// Two changes of thread cost more than a short run does.
#include <algorithm>
#include <utility>

#include "serving/backlog.h"

namespace perigee::serving {
namespace {

// Set while this thread runs a batch or hands out its answers: a `done` that submits again would
// otherwise fill the stack with runs.
thread_local bool lent_already = false;

}  // namespace

Batch& Backlog::Enter(BatchRunner& runner) {
  const std::lock_guard lock(mutex_);
  const auto free = std::ranges::find(places_, nullptr, &Batch::runner);
  Batch& batch = free != places_.end() ? *free : places_.emplace_back();
  batch.runner = &runner;
  batch.woken = batch.look = batch.over = false;
  return batch;
}

void Backlog::Leave(Batch& batch) {
  std::unique_lock lock(mutex_);
  batch.work.wait(lock, [&batch] { return !batch.lent; });
  std::erase(idle_, &batch);
  batch.runner = nullptr;
}

void Backlog::Park(Batch& batch, std::unique_lock<std::mutex>& lock, TimePoint now) {
  batch.woken = false;
  idle_.push_back(&batch);
  WaitUntil(batch.work, lock, decision_.wake, now);
  batch.work.wait(lock, [&batch] { return !batch.lent || batch.woken; });
  if (!batch.woken) std::erase(idle_, &batch);
}

Batch* Backlog::TakeIdle() {
  if (idle_.empty()) return nullptr;
  Batch* const batch = idle_.back();
  idle_.pop_back();
  return batch;
}

Batch* Backlog::Wake() {
  Batch* const batch = TakeIdle();
  if (batch != nullptr) batch->woken = true;
  return batch;
}

Batch* Backlog::Lend(int rows, Duration lends, Requests& late) {
  const ServiceProfile& profile = scheduler_.profile();
  if (lends <= Duration::zero() || lent_already || ever_disobeyed_ || idle_.empty() ||
      waiting_.size() != 1 || !profile.known() || profile.P95(rows) > lends) {
    return nullptr;
  }
  const TimePoint now = clock_.Now();
  scheduler_.Decide(now, decision_);
  late = ExtractDropped(now);
  if (decision_.run.empty()) return nullptr;
  Batch* const batch = TakeIdle();
  batch->lent = true;
  Start(*batch, now);
  return batch;
}

void Backlog::RunHere(Batch& batch) {
  lent_already = true;
  const bool look = batch.runner->Run(batch);
  const bool keeps_place = Finish(batch);
  lent_already = false;
  {
    const std::lock_guard lock(mutex_);
    batch.lent = false;
    batch.look = look;
    batch.over = !keeps_place;
    batch.woken =
        look || !keeps_place || closed_ || !waiting_.empty() || profiler_.Next().has_value();
    if (!batch.woken) {
      idle_.push_back(&batch);
      return;
    }
  }
  batch.work.notify_one();
}

}  // namespace perigee::serving
