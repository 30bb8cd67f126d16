// Backlog's timekeeper, its measurements and its end.
#include <algorithm>
#include <utility>

#include "base/check.h"
#include "serving/backlog.h"
#include "serving/run_watch.h"

namespace perigee::serving {
namespace {

// Runs given up that have not returned, each with a session and a thread. Beyond, an instance
// whose run hangs is not replaced.
constexpr int kHungMax = 4;

}  // namespace

// When it is too late even for a run of its own. The scheduler may give it up before; it says so
// when it is asked next.
TimePoint Backlog::HopelessAt(const Request& request) const {
  if (request.deadline == kNever) return kNever;
  return request.deadline - scheduler_.profile().P95(request.rows) + Duration(1);
}

// True: the timekeeper is to be notified.
bool Backlog::WakesTimekeeper(TimePoint at) {
  if (at >= timekeeper_wakes_) return false;
  timekeeper_wakes_ = at;
  return true;
}

void Backlog::KeepTime() {
  std::unique_lock lock(mutex_);
  while (!closed_ || !running_.empty()) {
    const TimePoint now = clock_.Now();
    Round round = Look(now);
    if (round.answered.empty() && round.stops.empty() && round.replacements == 0) {
      timekeeper_wakes_ = round.next;
      WaitUntil(time_, lock, round.next, now);
      continue;
    }
    lock.unlock();
    HandOut(std::move(round.answered));
    for (std::stop_source& stop : round.stops) stop.request_stop();
    for (int i = 0; i < round.replacements; ++i) replace_();
    lock.lock();
  }
}

Backlog::Round Backlog::Look(TimePoint now) {
  Round round;
  scheduler_.Expire(now, decision_);
  round.answered = ExtractDropped(now);
  round.next = decision_.wake;
  for (Batch* batch : running_) {
    const RunVerdict verdict = Judge(*batch, now, options_.run_max);
    round.next = std::min(round.next, verdict.next);
    if (verdict.act == RunVerdict::Act::kStop) {
      batch->late = verdict.late;
      StopRun(*batch, now, round.stops);
    } else if (verdict.act == RunVerdict::Act::kTakeCallers) {
      TakeCallers(*batch, now, round);
    } else if (verdict.act == RunVerdict::Act::kGiveUpInstance) {
      GiveUpInstance(*batch, round);
    }
  }
  return round;
}

void Backlog::StopRun(Batch& batch, TimePoint now, Stops& stops) {
  if (std::exchange(batch.stopping, true)) return;
  batch.stopping_since = now;
  stops.push_back(batch.stop);
}

void Backlog::TakeCallers(Batch& batch, TimePoint now, Round& round) {
  auto lent = Batch::Hold::kLent;
  // The run may end at this very moment; then its instance answers.
  if (!batch.hold.compare_exchange_strong(lent, Batch::Hold::kTaken)) return;
  ever_disobeyed_ = true;
  for (auto& request : batch.requests) {
    if (!request->ran) request->answer = Fail(Cancelled(""));
    Settle(batch, *request, now);
    round.answered.push_back(std::move(request));
  }
  batch.requests.clear();
}

void Backlog::GiveUpInstance(Batch& batch, Round& round) {
  batch.hung = ever_disobeyed_ = true;
  ++hung_;
  tally_.RunHangs();
  if (hung_ <= kHungMax && !closed_) {
    // Its place is free for another instance.
    scheduler_.Finish(batch.started, batch.rows, clock_.Now(), false);
    batch.replaced = true;
    ++round.replacements;
    return;
  }
  ++lost_;
  if (lost_ < options_.scheduler.instances) return;
  Requests all = ExtractAll(kAllHang);
  std::ranges::move(all, std::back_inserter(round.answered));
}

// Only while nothing waits and nothing runs: a run beside others takes longer than by itself.
bool Backlog::StartMeasuring(Batch& batch) {
  const std::optional<int> rows = profiler_.Next();
  if (!rows || measuring_ != nullptr || !running_.empty()) return false;
  batch.Renew(clock_.Now());
  batch.rows = *rows;
  measuring_ = &batch;
  return true;
}

void Backlog::FinishMeasuring(Batch& batch, std::optional<Duration> took) {
  std::vector<ProfilePoint> points;
  {
    const std::lock_guard lock(mutex_);
    CHECK(measuring_ == &batch);
    measuring_ = nullptr;
    if (batch.stopping) {
      profiler_.Disturbed();
    } else if (took) {
      profiler_.Add(*took);
    } else {
      profiler_.GiveUp();
    }
    if (!profiler_.Next()) points = profiler_.Points();
    if (!points.empty()) {
      scheduler_.Seed(points);
      source_ = model::ProfileSource::kMeasured;
      if (options_.gather_by_plan) {
        gather_max_ = GatherThatPays(points, options_.scheduler.rows_max);
        scheduler_.set_batch_max(gather_max_);
      }
    }
  }
  if (!points.empty()) measured_(points);
}

bool Backlog::Rest(Duration pause) {
  std::unique_lock lock(mutex_);
  return !closing_.wait_for(lock, pause, [this] { return closed_; });
}

void Backlog::Close() {
  CHECK(timekeeper_.get_id() != std::this_thread::get_id());
  Requests rest;
  Stops stops;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    rest = ExtractAll(kUnloading);
    const TimePoint now = clock_.Now();
    for (Batch* batch : running_) StopRun(*batch, now, stops);
    if (measuring_ != nullptr) StopRun(*measuring_, now, stops);
    idle_.clear();
    for (Batch& batch : places_) {
      batch.woken = true;
      batch.work.notify_one();
    }
  }
  time_.notify_all();
  closing_.notify_all();
  for (std::stop_source& stop : stops) stop.request_stop();
  HandOut(std::move(rest));
  std::unique_lock lock(mutex_);
  ended_.wait(lock, [this] { return ending_ == 0; });
}

model::Profile Backlog::profile() const {
  const std::lock_guard lock(mutex_);
  model::Profile profile;
  profile.source = source_;
  if (scheduler_.profile().known()) profile.points = scheduler_.profile().Points();
  profile.plan.instances = options_.scheduler.instances;
  profile.plan.gather_max = gather_max_;
  return profile;
}

}  // namespace perigee::serving
