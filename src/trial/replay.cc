#include "trial/replay.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <vector>

#include "serving/scheduler.h"
#include "serving/trace_recorder.h"

namespace perigee::trial {
namespace {

using serving::Decision;
using Kind = TraceEvent::Kind;

struct Running {
  TimePoint started;
  int rows = 0;
  std::vector<std::uint64_t> ids;  // only if followed
};

// Hears of what happens, once for all that does not want to know.
struct Nobody {
  static constexpr bool kFollows = false;
  void Arrived(const serving::QueuedRequest& /*request*/, bool /*waits*/) {}
  void Decided(const Decision& /*decision*/) {}
  void Ended(const Running& /*run*/, TimePoint /*now*/) {}
  void Left(std::uint64_t /*id*/) {}
};

// Tells the scheduler one event after the other.
template <typename Listener>
class Player {
 public:
  Player(const Trace& trace, Listener& listener)
      : trace_(trace), listener_(listener), scheduler_(trace.options) {}

  Result<Replayed> Play() {
    replayed_.events = replayed_.differs_at = trace_.events.size();
    for (std::size_t i = 0; i < trace_.events.size(); ++i) {
      TRY(Tell(trace_.events[i], i));
    }
    replayed_.hash = hash_.digest();
    return replayed_;
  }

 private:
  Result<void> Tell(const TraceEvent& event, std::size_t place) {
    switch (event.kind) {
      case Kind::kSeed:
        scheduler_.profile().Seed(trace_.seeds[event.seed]);
        return {};
      case Kind::kArrive:
        listener_.Arrived(event.request, scheduler_.Push(event.request, event.at).has_value());
        return {};
      case Kind::kDecide:
      case Kind::kExpire:
        Decide(event, place);
        return {};
      case Kind::kFinish:
        return Finish(event, place);
      case Kind::kRemove:
        if (scheduler_.Remove(event.request.id)) listener_.Left(event.request.id);
        return {};
      case Kind::kClear:
        scheduler_.Clear(ids_);
        for (const std::uint64_t id : ids_) listener_.Left(id);
        return {};
    }
    return {};
  }

  void Decide(const TraceEvent& event, std::size_t place) {
    if (event.kind == Kind::kDecide) {
      scheduler_.Decide(event.at, decision_);
    } else {
      scheduler_.Expire(event.at, decision_);
    }
    ++replayed_.decisions;
    hash_.Add(decision_);
    if (hash_.digest() != event.hash) {
      replayed_.differs_at = std::min<std::uint64_t>(replayed_.differs_at, place);
    }
    listener_.Decided(decision_);
    if (decision_.run.empty()) return;
    ++replayed_.runs;
    running_.push_back({event.at, decision_.rows, {}});
    if constexpr (Listener::kFollows) running_.back().ids = decision_.run;
  }

  Result<void> Finish(const TraceEvent& event, std::size_t place) {
    const auto found = std::ranges::find_if(running_, [&event](const Running& one) {
      return one.started == event.started && one.rows == event.rows;
    });
    if (found == running_.end()) {
      return Fail(InvalidArgument(
          fmt::format("replay: event {} ends a run of {} rows that was not started: the decisions "
                      "differ from event {} on",
                      place + 1, event.rows, replayed_.differs_at + 1)));
    }
    listener_.Ended(*found, event.at);
    running_.erase(found);
    scheduler_.Finish(event.started, event.rows, event.at, event.learn);
    return {};
  }

  const Trace& trace_;
  Listener& listener_;
  serving::Scheduler scheduler_;
  serving::DecisionHash hash_;
  Decision decision_;
  std::vector<Running> running_;
  std::vector<std::uint64_t> ids_;
  Replayed replayed_;
};

class Follower {
 public:
  static constexpr bool kFollows = true;

  void Arrived(const serving::QueuedRequest& request, bool waits) {
    ++outcome_.arrived;
    if (waits) {
      deadlines_[request.id] = request.deadline;
    } else {
      ++outcome_.refused;
    }
  }

  void Decided(const Decision& decision) {
    for (const std::uint64_t id : decision.drop) outcome_.dropped += deadlines_.erase(id);
  }

  void Ended(const Running& run, TimePoint now) {
    for (const std::uint64_t id : run.ids) {
      const auto found = deadlines_.find(id);
      if (found == deadlines_.end()) continue;  // a trace that gives one id twice
      ++(now <= found->second ? outcome_.in_time : outcome_.late);
      deadlines_.erase(found);
    }
  }

  void Left(std::uint64_t id) { outcome_.removed += deadlines_.erase(id); }

  Outcome outcome() {
    outcome_.unended = deadlines_.size();
    return outcome_;
  }

 private:
  std::unordered_map<std::uint64_t, TimePoint> deadlines_;
  Outcome outcome_;
};

}  // namespace

Result<Replayed> Replay(const Trace& trace) {
  Nobody nobody;
  return Player(trace, nobody).Play();
}

Result<Outcome> Follow(const Trace& trace) {
  Follower follower;
  TRY(Player(trace, follower).Play());
  return follower.outcome();
}

}  // namespace perigee::trial
