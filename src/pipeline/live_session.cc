#include "pipeline/live_session.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace perigee::pipeline {
namespace {

// A stream without budgets must not wait for ever behind streams that have one: its frames become
// as urgent as those with this much left.
constexpr Duration kPatience = std::chrono::seconds(1);

}  // namespace

LiveSession::LiveSession(Work work, Stream stream, const Clock& clock)
    : work_(std::move(work)), stream_(std::move(stream)), clock_(clock) {}

LiveSession::~LiveSession() {
  std::unique_lock lock(mutex_);
  closed_ = true;
  waiting_.reset();
  changed_.wait(lock, [this] { return !busy_ && !delivering_; });
}

void LiveSession::Push(task::Frame frame) {
  std::optional<TimePoint> urgency;
  {
    const std::scoped_lock lock(mutex_);
    if (waiting_) PassOver();
    waiting_ = Waiting{std::move(frame), clock_.Now()};
    if (!std::exchange(busy_, true)) urgency = Urgency();
  }
  if (urgency) Post(*urgency);
  Deliver();
}

void LiveSession::Finish() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !busy_ && !delivering_; });
}

// Under the lock.
void LiveSession::PassOver() {
  task::FrameAnswer answer{.id = waiting_->frame.id,
                           .timestamp_us = waiting_->frame.timestamp_us,
                           .outcome = Outcome::kSkipped,
                           .answer = Fail(Cancelled("run frame: a fresher one came")),
                           .queued = clock_.Now() - waiting_->pushed_at};
  // An answer must not overtake that of the frame at work.
  (running_ ? passed_over_ : outbox_).push_back(std::move(answer));
}

// Under the lock.
TimePoint LiveSession::Urgency() const {
  return std::min(waiting_->frame.deadline, waiting_->pushed_at + kPatience);
}

// A refusal comes back before `post` returns; work that was taken may have ended this session by
// then, so nothing of it is touched afterwards.
void LiveSession::Post(TimePoint urgency) {
  const task::Seat::Post post = stream_.post;
  for (;;) {
    bool refused = false;
    post(urgency, [this, &refused](const Result<void>& admitted) {
      if (admitted) return WorkOnce(admitted);
      refused = true;
      AnswerWaiting(admitted);
    });
    if (!refused || !WantsWorker()) return;
  }
}

void LiveSession::WorkOnce(const Result<void>& admitted) {
  AnswerWaiting(admitted);
  if (WantsWorker()) Post(clock_.Now() + kPatience);
}

// The frame that waits now, which may be fresher than the one that the threads were asked for.
void LiveSession::AnswerWaiting(const Result<void>& admitted) {
  Waiting taken;
  {
    const std::scoped_lock lock(mutex_);
    if (!waiting_) return;  // closed
    taken = *std::move(waiting_);
    waiting_.reset();
    running_ = true;
  }
  const TimePoint begun = clock_.Now();
  Reply reply =
      admitted ? Run(taken.frame) : Reply{Outcome::kFailed, std::unexpected(admitted.error())};
  {
    const std::scoped_lock lock(mutex_);
    running_ = false;
    outbox_.push_back({.id = taken.frame.id,
                       .timestamp_us = taken.frame.timestamp_us,
                       .outcome = reply.outcome,
                       .answer = std::move(reply.answer),
                       .queued = begun - taken.pushed_at,
                       .compute = clock_.Now() - begun});
    std::ranges::move(passed_over_, std::back_inserter(outbox_));
    passed_over_.clear();
  }
  Deliver();
}

// Whether a frame waits for another turn; if not, the threads are done with this session.
bool LiveSession::WantsWorker() {
  const std::scoped_lock lock(mutex_);
  if (waiting_) return true;
  busy_ = false;
  changed_.notify_all();  // under the lock: the session may end as soon as it is free
  return false;
}

LiveSession::Reply LiveSession::Run(const task::Frame& frame) {
  if (stream_.context.stop.stop_requested()) {
    return {Outcome::kFailed, Fail(Cancelled("run frame: the stream has ended"))};
  }
  const TimePoint now = clock_.Now();
  if (now >= frame.deadline) {
    return {
        Outcome::kFailed,
        Fail(DeadlineExceeded(fmt::format("run frame: its time was up {:.1f} ms before its turn",
                                          ToMilliseconds(now - frame.deadline))))};
  }
  task::Context context = stream_.context;
  context.deadline = std::min(context.deadline, frame.deadline);
  return work_(frame, context);
}

// One thread at a time calls the sink; what others add meanwhile, it delivers too.
void LiveSession::Deliver() {
  std::unique_lock lock(mutex_);
  if (delivering_) return;
  delivering_ = true;
  while (!outbox_.empty() && !closed_) {
    task::FrameAnswer answer = std::move(outbox_.front());
    outbox_.pop_front();
    lock.unlock();
    stream_.sink(std::move(answer));
    lock.lock();
  }
  delivering_ = false;
  changed_.notify_all();
}

}  // namespace perigee::pipeline
