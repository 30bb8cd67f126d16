#include "serving/scheduler.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/check.h"

namespace perigee::serving {
namespace {

using std::chrono::seconds;

// Of normal priority. A constant, as a patience that changed would turn the order round.
constexpr Duration kPatience = seconds(1);
constexpr int kAgedDebtMax = 8;  // full batches
constexpr int kAgedShare = 4;    // those without a deadline take one part in 4 from others
// A profile that refuses everything would never learn better: when nothing has run for this long,
// and for 20 times as long as the run is said to take, one request is tried all the same.
constexpr Duration kProbeEvery = seconds(1);
constexpr int kProbePause = 20;
constexpr int kRoomFactor = 2;  // a tenant may fill this many times the room that is left

Duration Patience(task::Priority priority) {
  switch (priority) {
    case task::Priority::kHigh:
      return kPatience / 4;
    case task::Priority::kNormal:
      return kPatience;
    case task::Priority::kLow:
      return kPatience * 4;
  }
  return kPatience;
}

}  // namespace

Scheduler::Scheduler(const SchedulerOptions& options)
    : options_(options), profile_(std::max(options.batch_max, options.rows_max)) {
  CHECK(options.instances >= 1 && options.batch_max >= 1 && options.queue_max >= 1);
  CHECK(options.wait_max >= Duration::zero() && options.rows_max >= 0);
  waiting_.reserve(static_cast<std::size_t>(options.queue_max));
  running_.reserve(static_cast<std::size_t>(options.instances));
}

Result<void> Scheduler::Push(const QueuedRequest& request, TimePoint now) {
  CHECK(request.rows >= 1);
  Result<void> admitted = Admit(request, now);
  const bool probe = !admitted.has_value() && MayProbe(request, now);
  if (probe) admitted = {};
  shares_.Arrive(request.tenant, now, admitted.has_value());
  if (!admitted.has_value()) return admitted;
  Enqueue(request, now, probe);
  return {};
}

Result<void> Scheduler::Admit(const QueuedRequest& request, TimePoint now) const {
  if (request.deadline <= now) {
    return Fail(DeadlineExceeded("queue: the deadline had passed on arrival"));
  }
  const Duration wait = WaitAtLeast(now);
  const Duration service = profile_.P95(request.rows);
  if (request.deadline - wait - service < now) {
    return Fail(DeadlineExceeded(fmt::format(
        "queue: it cannot end within the {:.1f} ms it has left: {:.1f} ms until an "
        "instance is free, {:.1f} ms to run",
        ToMilliseconds(request.deadline - now), ToMilliseconds(wait), ToMilliseconds(service))));
  }
  const int room = options_.queue_max - static_cast<int>(waiting_.size());
  if (room <= 0) {
    return Fail(ResourceExhausted(
        fmt::format("queue: {} requests are waiting, the most allowed", options_.queue_max)));
  }
  if (shares_.Crowds(request.tenant, kRoomFactor * room)) {
    return Fail(ResourceExhausted(
        fmt::format("queue: {} requests of this tenant are waiting; the rest of {} is for others",
                    shares_.waiting(request.tenant), options_.queue_max)));
  }
  return {};
}

bool Scheduler::MayProbe(const QueuedRequest& request, TimePoint now) const {
  if (request.deadline <= now || !running_.empty() || !waiting_.empty()) return false;
  return ran_last_ <= now - std::max(kProbeEvery, kProbePause * profile_.P95(request.rows));
}

void Scheduler::Enqueue(const QueuedRequest& request, TimePoint now, bool probe) {
  rows_seen_ = std::max(rows_seen_, request.rows);
  WaitingRequest waiting{request, now, request.deadline, now};
  waiting.probe = probe;
  if (waiting.best_effort()) {
    const Duration cost = Unit() / options_.batch_max * request.rows;
    waiting.due = shares_.Turn(request.tenant, now, cost) + Patience(request.priority);
  }
  // Who would be late after the wait is not made to wait.
  const TimePoint held_until = DeadlineAfter(now, options_.wait_max);
  if (request.deadline - profile_.P95(request.rows) > held_until) waiting.run_by = held_until;
  const auto place = std::ranges::upper_bound(waiting_, waiting.due, {}, &WaitingRequest::due);
  forecast_.Arrive(Choice(now), static_cast<std::size_t>(place - waiting_.begin()), waiting);
  waiting_.insert(place, waiting);
}

Duration Scheduler::WaitAtLeast(TimePoint now) const {
  if (static_cast<int>(running_.size()) < options_.instances) return Duration::zero();
  Duration least = Duration::max();
  for (const Running& one : running_) {
    least = std::min(least, one.started + profile_.P95(one.rows) - now);
  }
  return std::max(least, Duration::zero());
}

void Scheduler::Decide(TimePoint now, Decision& decision) {
  Expire(now, decision);
  if (waiting_.empty()) return;
  const TimePoint run_at = ChooseMembers(now);
  if (members_.empty()) {
    decision.wake = std::min(decision.wake, run_at);
    return;
  }
  Start(now, decision);
  decision.wake = NextDrop();
}

TimePoint Scheduler::ChooseMembers(TimePoint now) {
  const BatchChoice choice = Choice(now);
  must_ = ValuableBatch::kNobody;
  overload_ = false;
  if (waiting_.front().probe) {
    members_.assign(1, 0);
    return now;
  }
  if (urgent_.Feasible(choice, now)) return urgent_.Choose(choice, members_);
  overload_ = true;
  must_ = Aged(now);
  valuable_.Choose(choice, shares_, must_, members_);
  // Between the sizes that were tried there may be one that alone would do.
  if (members_.empty()) members_.assign(1, 0);
  return now;
}

BatchChoice Scheduler::Choice(TimePoint now) const {
  busy_until_.clear();
  for (const Running& one : running_) {
    busy_until_.push_back(one.started + profile_.P95(one.rows));
  }
  return {waiting_, profile_, busy_until_, now, options_.instances, options_.batch_max};
}

// The first without a deadline whose patience has ended, if it is their turn.
std::size_t Scheduler::Aged(TimePoint now) const {
  if (aged_credit_ < Duration::zero()) return ValuableBatch::kNobody;
  for (std::size_t i = 0; i < waiting_.size() && waiting_[i].due <= now; ++i) {
    if (waiting_[i].best_effort()) return i;
  }
  return ValuableBatch::kNobody;
}

void Scheduler::Start(TimePoint now, Decision& decision) {
  std::ranges::sort(members_);
  for (const std::uint32_t i : members_) {
    decision.rows += waiting_[i].request.rows;
    decision.run.push_back(waiting_[i].request.id);
  }
  const Duration cost = profile_.P95(decision.rows);
  ChargeAged(cost, decision.rows);
  shares_.Credit(cost, Unit());
  for (const std::uint32_t i : members_) {
    const QueuedRequest& request = waiting_[i].request;
    shares_.Pay(request.tenant, cost / decision.rows * request.rows);
    forecast_.Start(waiting_[i], decision.rows, now);
  }
  TakeOut(members_);
  running_.push_back({now, decision.rows});
  ran_last_ = now;
}

void Scheduler::ChargeAged(Duration cost, int rows) {
  if (!overload_) return;
  aged_credit_ += cost / kAgedShare;
  if (must_ != ValuableBatch::kNobody) aged_credit_ -= cost / rows * waiting_[must_].request.rows;
  aged_credit_ = std::clamp(aged_credit_, -kAgedDebtMax * Unit(), Unit());
}

// `places` rise.
void Scheduler::TakeOut(const Members& places) {
  if (places.empty()) return;
  auto next = places.begin();
  std::size_t out = *next;
  for (std::size_t i = out; i < waiting_.size(); ++i) {
    if (next != places.end() && *next == i) {
      ++next;
      shares_.Leave(waiting_[i].request.tenant);
    } else {
      waiting_[out++] = waiting_[i];
    }
  }
  waiting_.resize(out);
}

void Scheduler::Expire(TimePoint now, Decision& decision) {
  decision.run.clear();
  decision.drop.clear();
  decision.rows = 0;
  members_.clear();
  const Duration longest = profile_.P95(rows_seen_);
  for (std::size_t i = 0; i < waiting_.size(); ++i) {
    const WaitingRequest& one = waiting_[i];
    if (one.due - longest > now) break;  // those behind it have more time still
    if (one.best_effort() || LastStart(one) >= now) continue;
    members_.push_back(static_cast<std::uint32_t>(i));
    decision.drop.push_back(one.request.id);
  }
  TakeOut(members_);
  members_.clear();
  decision.wake = NextDrop();
}

// When it has to start at the latest.
TimePoint Scheduler::LastStart(const WaitingRequest& one) const {
  // A probe asks whether the profile is right, so it does not believe it.
  return one.request.deadline - (one.probe ? Duration(1) : profile_.P95(one.request.rows));
}

// The first point at which one that waits could no longer be in time.
TimePoint Scheduler::NextDrop() const {
  const Duration longest = profile_.P95(rows_seen_);
  TimePoint next = kNever;
  for (const WaitingRequest& one : waiting_) {
    if (next != kNever && one.due - longest >= next) break;
    if (!one.best_effort()) next = std::min(next, LastStart(one) + Duration(1));
  }
  return next;
}

void Scheduler::Finish(TimePoint started, int rows, TimePoint now, bool learn) {
  const auto found = std::ranges::find_if(
      running_, [&](const Running& one) { return one.started == started && one.rows == rows; });
  CHECK(found != running_.end());
  *found = running_.back();
  running_.pop_back();
  ran_last_ = now;
  if (learn) profile_.Observe(rows, now - started);
}

bool Scheduler::Remove(std::uint64_t id) {
  const auto found = std::ranges::find_if(
      waiting_, [id](const WaitingRequest& one) { return one.request.id == id; });
  if (found == waiting_.end()) return false;
  shares_.Leave(found->request.tenant);
  waiting_.erase(found);
  return true;
}

void Scheduler::Clear(std::vector<std::uint64_t>& ids) {
  ids.clear();
  for (const WaitingRequest& one : waiting_) {
    ids.push_back(one.request.id);
    shares_.Leave(one.request.tenant);
  }
  waiting_.clear();
}

task::Hint Scheduler::Predict(TimePoint now, Duration budget) const {
  if (!profile_.known()) return {};
  return forecast_.Predict(Choice(now),
                           budget == task::kUsualBudget ? forecast_.usual_budget() : budget);
}

}  // namespace perigee::serving
