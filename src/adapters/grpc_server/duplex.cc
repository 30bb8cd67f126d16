#include "adapters/grpc_server/duplex.h"

#include <memory>
#include <utility>

#include "adapters/grpc_server/status.h"

namespace perigee::grpc_server {

void Duplex::Go() {
  Step step;
  {
    const std::scoped_lock lock(mutex_);
    step = Next();
  }
  Do(step);
}

void Duplex::OnReadDone(bool ok) {
  LetGo();
  {
    const std::scoped_lock lock(mutex_);
    if (ok) ++under_way_;
    read_all_ = read_all_ || !ok;
  }
  if (ok) OnMessage(in_);
  {
    const std::scoped_lock lock(mutex_);
    reading_ = false;  // not before: `in_` was the message's
  }
  Go();
}

void Duplex::OnWriteDone(bool ok) {
  LetGo();
  {
    const std::scoped_lock lock(mutex_);
    writing_ = false;
    cancelled_ = cancelled_ || !ok;
  }
  Go();
}

void Duplex::OnCancel() {
  stop_.request_stop();
  {
    const std::scoped_lock lock(mutex_);
    cancelled_ = true;
  }
  Go();
}

void Duplex::OnDone() { const std::unique_ptr<Duplex> self(this); }

void Duplex::Answered(std::deque<grpc::ByteBuffer> answers, std::size_t count) {
  Step step;
  {
    const std::scoped_lock lock(mutex_);
    under_way_ -= count;
    for (grpc::ByteBuffer& answer : answers) unsent_.push_back(std::move(answer));
    step = Next();
  }
  Do(step);
}

void Duplex::Break(const Error& error) {
  const std::scoped_lock lock(mutex_);
  if (!broken_) broken_ = ToStatus(Fail(error));
}

// Under the lock: what is to be done next, as if it were done.
Duplex::Step Duplex::Next() {
  Step step;
  if (finished_) return step;
  if (cancelled_) unsent_.clear();
  const bool ends = read_all_ || cancelled_ || broken_;
  if (ends && under_way_ == 0 && starting_ == 0 && !writing_ && unsent_.empty()) {
    finished_ = true;
    step.status = broken_.value_or(cancelled_ ? grpc::Status::CANCELLED : grpc::Status::OK);
    return step;
  }
  step.reads = !ends && !reading_ && under_way_ < under_way_max_ && unsent_.size() < kUnsentMax;
  reading_ = reading_ || step.reads;
  step.writes = !writing_ && !unsent_.empty();
  if (step.writes) {
    writing_ = true;
    out_.Swap(&unsent_.front());
    unsent_.pop_front();
  }
  if (step.reads || step.writes) ++starting_;
  return step;
}

// Without the lock, as the library may call back at once. Nothing is touched after the last step:
// another thread may have ended the call by then.
void Duplex::Do(Step step) {
  while (step.reads || step.writes) {
    if (step.reads) StartRead(&in_);
    if (step.writes) StartWrite(&out_);
    const std::scoped_lock lock(mutex_);
    --starting_;
    step = Next();
  }
  if (step.status) Finish(*step.status);
}

}  // namespace perigee::grpc_server
