#include "serving/run_watch.h"

#include <algorithm>

namespace perigee::serving {
namespace {

TimePoint LastDeadline(const Batch& batch) {
  TimePoint last = TimePoint::min();
  for (const auto& request : batch.requests) {
    if (!request->stopped) last = std::max(last, request->deadline);
  }
  return last;
}

RunVerdict AskAgain(TimePoint at) { return {.next = at}; }

RunVerdict JudgeRunning(const Batch& batch, TimePoint now, TimePoint overlong_at) {
  const TimePoint late_at = LastDeadline(batch);
  if (late_at <= now) return {.act = RunVerdict::Act::kStop, .late = true};
  if (overlong_at <= now) return {.act = RunVerdict::Act::kStop};
  return AskAgain(std::min(late_at, overlong_at));
}

}  // namespace

RunVerdict Judge(const Batch& batch, TimePoint now, Duration run_max) {
  const TimePoint overlong_at =
      run_max > Duration::zero() ? DeadlineAfter(batch.started, run_max) : kNever;
  if (!batch.stopping) return JudgeRunning(batch, now, overlong_at);
  const TimePoint heeded_by = DeadlineAfter(batch.stopping_since, kStopGrace);
  if (now < heeded_by) return AskAgain(heeded_by);
  if (batch.hold == Batch::Hold::kLent) return {.act = RunVerdict::Act::kTakeCallers};
  if (batch.hung || overlong_at == kNever) return {};
  if (now < overlong_at) return AskAgain(overlong_at);
  return {.act = RunVerdict::Act::kGiveUpInstance};
}

}  // namespace perigee::serving
