#include "serving/backlog.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/check.h"

namespace perigee::serving {
namespace {

// Long enough to be never, short enough that no clock's arithmetic overflows.
constexpr Duration kWaitMax = std::chrono::hours(1);

// Returns early if it likes; callers loop. The time comes from Clock, which need not be the one
// that the condition variable knows, so what is handed over is how long, not until when.
void WaitUntil(std::condition_variable& signal, std::unique_lock<std::mutex>& lock, TimePoint until,
               TimePoint now) {
  if (until == kNever) return signal.wait(lock);
  signal.wait_for(lock, std::min(kWaitMax, until - now));
}

// Without the lock: waits for the stop handler, should it be running on another thread, which
// wants the lock itself.
void End(std::unique_ptr<Request> request, Error error) {
  model::Model::Done done = std::move(request->done);
  request.reset();
  done(Fail(std::move(error)));
}

}  // namespace

void StopHandler::operator()() const { backlog->OnStop(*request); }

Backlog::Backlog(std::string attempt, const BatchQueueOptions& options, const Clock& clock)
    : attempt_(std::move(attempt)), clock_(clock), queue_(options) {
  waiting_.reserve(static_cast<std::size_t>(options.queue_max));
  timekeeper_ = std::jthread([this] { KeepTime(); });
}

void Backlog::Submit(std::unique_ptr<Request> request, const std::stop_token& stop) {
  // Before the request is in the queue: afterwards an instance may already be taking it down.
  if (stop.stop_possible()) request->on_stop.emplace(stop, StopHandler{this, request.get()});
  bool wake_instance = false;
  bool wake_timekeeper = false;
  Result<void> queued;
  {
    const std::lock_guard lock(mutex_);
    const TimePoint deadline = request->deadline;
    queued = Enqueue(request);
    wake_instance = queued.has_value() && idle_ > 0;
    wake_timekeeper = queued.has_value() && deadline < timekeeper_wakes_;
    if (wake_timekeeper) timekeeper_wakes_ = deadline;
  }
  if (wake_instance) work_.notify_one();
  if (wake_timekeeper) time_.notify_one();
  if (!queued.has_value()) End(std::move(request), std::move(queued).error().Within(attempt_));
}

Result<void> Backlog::Enqueue(std::unique_ptr<Request>& request) {
  Result<void> queued;
  if (closed_) {
    queued = Fail(Unavailable("the model is being unloaded"));
  } else if (request->stopped) {
    queued = Fail(Cancelled("the caller left"));
  } else {
    request->id = ++id_last_;
    queued = queue_.Push({request->id, request->rows, request->shape_key, request->deadline},
                         request->submitted);
  }
  if (queued.has_value()) {
    request->state = Request::State::kQueued;
    waiting_.emplace(request->id, std::move(request));
  } else {
    request->state = Request::State::kEnded;
    tally_.Failure(queued.error().code, Duration::zero());
  }
  return queued;
}

bool Backlog::Take(Batch& batch) {
  std::unique_lock lock(mutex_);
  while (!closed_) {
    const TimePoint now = clock_.Now();
    Requests late = ExtractLate(now);
    if (!late.empty()) {
      lock.unlock();
      for (auto& request : late) End(std::move(request), Late());
      lock.lock();
      continue;
    }
    const TimePoint wake = queue_.Pop(now, ids_);
    if (!ids_.empty()) {
      Start(batch, now);
      // Who was told of what is left may be the one that is leaving.
      const bool more = !waiting_.empty() && idle_ > 0;
      lock.unlock();
      if (more) work_.notify_one();
      return true;
    }
    ++idle_;
    WaitUntil(work_, lock, wake, now);
    --idle_;
  }
  return false;
}

void Backlog::Start(Batch& batch, TimePoint now) {
  if (batch.stopping) batch.stop = std::stop_source();
  batch.stopping = batch.late = false;
  batch.rows = 0;
  batch.started = now;
  batch.runs = 0;
  batch.gather = batch.compute = batch.scatter = Duration::zero();
  for (const std::uint64_t id : ids_) {
    std::unique_ptr<Request> request = Extract(id);
    request->state = Request::State::kRunning;
    request->batch = &batch;
    batch.rows += request->rows;
    batch.requests.push_back(std::move(request));
  }
  running_.push_back(&batch);
}

std::unique_ptr<Request> Backlog::Extract(std::uint64_t id) {
  const auto found = waiting_.find(id);
  CHECK(found != waiting_.end());
  std::unique_ptr<Request> request = std::move(found->second);
  waiting_.erase(found);
  return request;
}

Backlog::Requests Backlog::ExtractLate(TimePoint now) {
  Requests late;
  queue_.Expire(now, ids_);
  for (const std::uint64_t id : ids_) {
    late.push_back(Extract(id));
    late.back()->state = Request::State::kEnded;
    tally_.Failure(Code::kDeadlineExceeded, now - late.back()->submitted);
  }
  return late;
}

void Backlog::Finish(Batch& batch) {
  // From here on no stop handler touches the batch: reset waits for one that is running.
  for (const auto& request : batch.requests) request->on_stop.reset();
  {
    const std::lock_guard lock(mutex_);
    std::erase(running_, &batch);
    const TimePoint now = clock_.Now();
    for (const auto& request : batch.requests) {
      Settle(batch, *request);
      if (request->answer.has_value()) {
        tally_.Success(batch, *request, now);
      } else {
        tally_.Failure(request->answer.error().code, now - request->submitted);
      }
    }
    tally_.Run(batch);
  }
  for (const auto& request : batch.requests) request->done(std::move(request->answer));
  batch.requests.clear();
}

// Why a run was stopped, in the caller's terms.
void Backlog::Settle(const Batch& batch, Request& request) {
  if (request.stopped) {
    request.answer = Fail(Cancelled(attempt_ + ": the caller left"));
  } else if (!request.answer.has_value() && request.answer.error().code == Code::kCancelled) {
    if (batch.late) request.answer = Fail(Late());
    if (closed_) request.answer = Fail(Unavailable(attempt_ + ": the model is unloaded"));
  }
}

void Backlog::OnStop(Request& request) {
  std::unique_lock lock(mutex_);
  request.stopped = true;
  if (request.state == Request::State::kQueued) return EndStopped(lock, request);
  if (request.state != Request::State::kRunning) return;
  Batch& batch = *request.batch;
  const bool all =
      std::ranges::all_of(batch.requests, [](const auto& one) { return one->stopped; });
  if (!all || std::exchange(batch.stopping, true)) return;
  std::stop_source stop = batch.stop;
  lock.unlock();
  stop.request_stop();
}

void Backlog::EndStopped(std::unique_lock<std::mutex>& lock, Request& request) {
  CHECK(queue_.Remove(request.id));
  std::unique_ptr<Request> ours = Extract(request.id);
  ours->state = Request::State::kEnded;
  tally_.Failure(Code::kCancelled, clock_.Now() - ours->submitted);
  ++ending_;
  lock.unlock();
  // Destroys the stop callback from within itself, which the standard allows.
  End(std::move(ours), Cancelled(attempt_ + ": the caller left"));
  lock.lock();
  --ending_;
  if (closed_) ended_.notify_all();
}

void Backlog::KeepTime() {
  std::unique_lock lock(mutex_);
  while (!closed_) {
    const TimePoint now = clock_.Now();
    Requests late = ExtractLate(now);
    std::vector<std::stop_source> stops;
    const TimePoint run_late_at = StopLateRuns(now, stops);
    if (late.empty() && stops.empty()) {
      timekeeper_wakes_ = std::min(queue_.earliest_deadline(), run_late_at);
      WaitUntil(time_, lock, timekeeper_wakes_, now);
      continue;
    }
    lock.unlock();
    for (auto& request : late) End(std::move(request), Late());
    for (std::stop_source& stop : stops) stop.request_stop();
    lock.lock();
  }
}

TimePoint Backlog::StopLateRuns(TimePoint now, std::vector<std::stop_source>& stops) {
  TimePoint next = kNever;
  for (Batch* batch : running_) {
    if (batch->stopping) continue;
    TimePoint last = TimePoint::min();
    for (const auto& request : batch->requests) {
      if (!request->stopped) last = std::max(last, request->deadline);
    }
    if (last > now) {
      next = std::min(next, last);
      continue;
    }
    batch->stopping = batch->late = true;
    stops.push_back(batch->stop);
  }
  return next;
}

void Backlog::Close() {
  Requests rest;
  std::vector<std::stop_source> stops;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    queue_.Clear(ids_);
    for (const std::uint64_t id : ids_) {
      rest.push_back(Extract(id));
      rest.back()->state = Request::State::kEnded;
      tally_.Failure(Code::kUnavailable, clock_.Now() - rest.back()->submitted);
    }
    for (Batch* batch : running_) {
      if (!std::exchange(batch->stopping, true)) stops.push_back(batch->stop);
    }
  }
  work_.notify_all();
  time_.notify_all();
  for (std::stop_source& stop : stops) stop.request_stop();
  for (auto& request : rest)
    End(std::move(request), Unavailable(attempt_ + ": the model is unloaded"));
  std::unique_lock lock(mutex_);
  ended_.wait(lock, [this] { return ending_ == 0; });
}

Error Backlog::Late() const {
  return DeadlineExceeded(attempt_ + ": the deadline passed before there was an answer");
}

void Backlog::CountRefused() {
  const std::lock_guard lock(mutex_);
  tally_.Failure(Code::kInvalidArgument, Duration::zero());
}

model::Statistics Backlog::statistics() const {
  const std::lock_guard lock(mutex_);
  model::Statistics now = tally_.statistics();
  now.queued_now = queue_.size();
  return now;
}

}  // namespace perigee::serving
