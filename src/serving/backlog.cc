#include "serving/backlog.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/check.h"
#include "serving/run_watch.h"

namespace perigee::serving {
namespace {

// Long enough to be never, short enough that no clock's arithmetic overflows.
constexpr Duration kWaitMax = std::chrono::hours(1);

}  // namespace

void StopHandler::operator()() const { backlog->OnStop(*request); }

Backlog::Backlog(BacklogOptions options, const Clock& clock, Replace replace, Measured measured)
    : options_(std::move(options)),
      clock_(clock),
      replace_(std::move(replace)),
      measured_(std::move(measured)),
      scheduler_(options_.scheduler, options_.points, options_.trace),
      profiler_(options_.measure_rows_max),
      gather_max_(options_.scheduler.batch_max),
      source_(options_.source) {
  waiting_.reserve(static_cast<std::size_t>(options_.scheduler.queue_max));
  timekeeper_ = std::jthread([this] { KeepTime(); });
}

void Backlog::WaitUntil(std::condition_variable& signal, std::unique_lock<std::mutex>& lock,
                        TimePoint until, TimePoint now) {
  if (until == kNever) return signal.wait(lock);
  signal.wait_for(lock, std::clamp(until - now, Duration::zero(), kWaitMax));
}

// Waits for the stop handler, should it be running on another thread, which wants the lock itself.
void Backlog::HandOut(std::unique_ptr<Request> request) {
  model::Model::Done done = std::move(request->done);
  Result<model::Output> answer = std::move(request->answer);
  request.reset();
  done(std::move(answer));
}

void Backlog::HandOut(Requests requests) {
  for (auto& request : requests) HandOut(std::move(request));
}

void Backlog::Submit(std::unique_ptr<Request> request, const task::Context& context) {
  // Before the request is in the queue: afterwards an instance may already be taking it down.
  if (context.stop.stop_possible()) {
    request->on_stop.emplace(context.stop, StopHandler{this, request.get()});
  }
  Batch* here = nullptr;
  Batch* woken = nullptr;
  bool wake_timekeeper = false;
  Requests late;
  Stops stops;
  {
    const std::lock_guard lock(mutex_);
    const int rows = request->rows;
    const TimePoint deadline = request->deadline;
    const TimePoint hopeless_at = HopelessAt(*request);
    Enqueue(request, context);
    if (request == nullptr) {
      here = Lend(rows, context.lends, late);
      if (here == nullptr) woken = Wake();
      wake_timekeeper = WakesTimekeeper(here == nullptr ? hopeless_at : deadline);
      if (measuring_ != nullptr) StopRun(*measuring_, clock_.Now(), stops);
    }
  }
  if (woken != nullptr) woken->work.notify_one();
  if (wake_timekeeper) time_.notify_one();
  for (std::stop_source& stop : stops) stop.request_stop();
  if (here != nullptr) RunHere(*here);
  HandOut(std::move(late));
  if (request != nullptr) HandOut(std::move(request));
}

void Backlog::Enqueue(std::unique_ptr<Request>& request, const task::Context& context) {
  request->tenant = tally_.Tenant(context.tenant);
  Result<void> admitted = Admit(*request, context.priority);
  if (admitted.has_value()) {
    request->state = Request::State::kQueued;
    const std::uint64_t id = request->id;
    waiting_.emplace(id, std::move(request));
    return;
  }
  request->state = Request::State::kEnded;
  tally_.Failure(Tally::Moment::kArrival, admitted.error().code, request->tenant, Duration::zero());
  request->answer = Fail(std::move(admitted).error().Within(options_.attempt));
}

Result<void> Backlog::Admit(Request& request, task::Priority priority) {
  if (closed_) return Fail(Unavailable(kUnloading));
  if (lost_ >= options_.scheduler.instances) return Fail(Unavailable(kAllHang));
  if (request.stopped) return Fail(Cancelled("the caller left"));
  request.id = ++id_last_;
  return scheduler_.Push({.id = request.id,
                          .rows = request.rows,
                          .shape_key = request.shape_key,
                          .deadline = request.deadline,
                          .priority = priority,
                          .tenant = request.tenant},
                         clock_.Now());  // not when it was submitted: time may not run back
}

Backlog::Work Backlog::Take(Batch& batch) {
  std::unique_lock lock(mutex_);
  while (!closed_ && !batch.over) {
    if (std::exchange(batch.look, false)) return Work::kLook;
    const TimePoint now = clock_.Now();
    scheduler_.Decide(now, decision_);
    Requests dropped = ExtractDropped(now);
    const bool runs = !decision_.run.empty();
    if (runs) Start(batch, now);
    if (runs || !dropped.empty()) {
      Batch* const more = runs && !waiting_.empty() ? Wake() : nullptr;
      lock.unlock();
      if (more != nullptr) more->work.notify_one();
      HandOut(std::move(dropped));
      if (runs) return Work::kBatch;
      lock.lock();
      continue;
    }
    if (StartMeasuring(batch)) return Work::kMeasure;
    Park(batch, lock, now);
  }
  return Work::kEnd;
}

void Backlog::Start(Batch& batch, TimePoint now) {
  batch.Renew(now);
  for (const std::uint64_t id : decision_.run) {
    std::unique_ptr<Request> request = Extract(id);
    request->state = Request::State::kRunning;
    request->batch = &batch;
    batch.rows += request->rows;
    batch.requests.push_back(std::move(request));
  }
  running_.push_back(&batch);
  if (options_.run_max > Duration::zero() && WakesTimekeeper(now + options_.run_max)) {
    time_.notify_one();
  }
}

std::unique_ptr<Request> Backlog::Extract(std::uint64_t id) {
  const auto found = waiting_.find(id);
  CHECK(found != waiting_.end());
  std::unique_ptr<Request> request = std::move(found->second);
  waiting_.erase(found);
  return request;
}

std::unique_ptr<Request> Backlog::ExtractEnded(std::uint64_t id, Error why) {
  std::unique_ptr<Request> request = Extract(id);
  request->state = Request::State::kEnded;
  tally_.Failure(Tally::Moment::kWaiting, why.code, request->tenant,
                 clock_.Now() - request->submitted);
  request->answer = Fail(std::move(why).Within(options_.attempt));
  return request;
}

Backlog::Requests Backlog::ExtractDropped(TimePoint now) {
  Requests dropped;
  for (const std::uint64_t id : decision_.drop) {
    const bool passed = waiting_.at(id)->deadline <= now;
    dropped.push_back(ExtractEnded(
        id, DeadlineExceeded(passed ? "the deadline passed before there was an answer"
                                    : "it cannot be answered within its deadline any more")));
  }
  return dropped;
}

Backlog::Requests Backlog::ExtractAll(const char* why) {
  Requests all;
  std::vector<std::uint64_t> ids;
  scheduler_.Clear(ids);
  for (const std::uint64_t id : ids) all.push_back(ExtractEnded(id, Unavailable(why)));
  return all;
}

bool Backlog::Finish(Batch& batch) {
  // From here on no stop handler touches the batch: reset waits for one that is running.
  // Requests that the timekeeper has taken are none of ours.
  if (batch.hold != Batch::Hold::kTaken) {
    for (const auto& request : batch.requests) request->on_stop.reset();
  }
  bool keeps_place = false;
  {
    const std::lock_guard lock(mutex_);
    const TimePoint now = clock_.Now();
    keeps_place = EndRun(batch, now);
    for (const auto& request : batch.requests) Settle(batch, *request, now);
  }
  for (const auto& request : batch.requests) {
    model::Model::Done done = std::move(request->done);
    done(std::move(request->answer));
  }
  batch.requests.clear();
  return keeps_place;
}

bool Backlog::EndRun(Batch& batch, TimePoint now) {
  std::erase(running_, &batch);
  if (closed_) time_.notify_one();  // the timekeeper waits for the last run
  const bool wanted = std::ranges::any_of(batch.requests, [now](const auto& request) {
    return !request->stopped && request->deadline >= now;
  });
  batch.compute += batch.unanswered;
  tally_.Run(batch, wanted);
  if (batch.hung) {
    --hung_;
    tally_.HungRunEnded();
    if (batch.replaced) return false;
    --lost_;
  }
  const bool whole = !batch.stopping && batch.runs == 1 && !batch.requests.empty() &&
                     batch.requests.front()->answer.has_value();
  scheduler_.Finish(batch.started, batch.rows, now, whole);
  return true;
}

// Makes of a run that was stopped what its caller is told, and counts the end.
void Backlog::Settle(const Batch& batch, Request& request, TimePoint now) {
  request.state = Request::State::kEnded;
  if (request.stopped) {
    request.answer = Fail(Cancelled(options_.attempt + ": the caller left"));
  } else if (!request.answer.has_value() && request.answer.error().code == Code::kCancelled) {
    request.answer = Fail(WhyStopped(batch, request, now));
  }
  if (request.answer.has_value()) return tally_.Success(batch, request, now);
  tally_.Failure(Tally::Moment::kRun, request.answer.error().code, request.tenant,
                 now - request.submitted);
}

Error Backlog::WhyStopped(const Batch& batch, const Request& request, TimePoint now) const {
  if (closed_) return Unavailable(options_.attempt + ": " + kUnloading);
  if (batch.late || request.deadline <= now) {
    return DeadlineExceeded(options_.attempt + ": the deadline passed before there was an answer");
  }
  return Internal(options_.attempt + ": its run took longer than any may and was stopped");
}

void Backlog::OnStop(Request& request) {
  std::unique_lock lock(mutex_);
  request.stopped = true;
  if (request.state == Request::State::kQueued) return EndStopped(lock, request);
  if (request.state != Request::State::kRunning) return;
  Batch& batch = *request.batch;
  const bool all =
      std::ranges::all_of(batch.requests, [](const auto& one) { return one->stopped; });
  if (!all) return;
  Stops stops;
  const TimePoint now = clock_.Now();
  StopRun(batch, now, stops);
  if (WakesTimekeeper(now + kStopGrace)) time_.notify_one();
  lock.unlock();
  for (std::stop_source& stop : stops) stop.request_stop();
}

void Backlog::EndStopped(std::unique_lock<std::mutex>& lock, const Request& request) {
  CHECK(scheduler_.Remove(request.id));
  std::unique_ptr<Request> ours = ExtractEnded(request.id, Cancelled("the caller left"));
  ++ending_;
  lock.unlock();
  // Destroys the stop callback from within itself, which the standard allows.
  HandOut(std::move(ours));
  lock.lock();
  --ending_;
  if (closed_) ended_.notify_all();
}

void Backlog::CountRefused(const task::Context& context) {
  const std::lock_guard lock(mutex_);
  tally_.Failure(Tally::Moment::kArrival, Code::kInvalidArgument, tally_.Tenant(context.tenant),
                 Duration::zero());
}

void Backlog::CountReplacedSession() {
  const std::lock_guard lock(mutex_);
  tally_.SessionReplaced();
}

model::Statistics Backlog::statistics() const {
  const std::lock_guard lock(mutex_);
  model::Statistics now = tally_.statistics();
  now.queued_now = scheduler_.size();
  return now;
}

task::Hint Backlog::hint(Duration budget) const {
  const std::lock_guard lock(mutex_);
  return scheduler_.Predict(clock_.Now(), budget);
}

}  // namespace perigee::serving
