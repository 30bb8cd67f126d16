#include "serving/urgent_batch.h"

#include <algorithm>

namespace perigee::serving {
namespace {

// Shapes between which a decision looks for a batch that is ready: bounds it to O(n).
constexpr std::size_t kKeysMax = 8;
constexpr std::size_t kReach = 4;  // batches

}  // namespace

bool UrgentBatch::Feasible(const BatchChoice& choice, TimePoint at) {
  free_.clear();
  for (const TimePoint until : choice.busy_until) free_.push_back(std::max(at, until));
  while (static_cast<int>(free_.size()) < choice.instances) free_.push_back(at);
  // More may run than there are instances, while one that hangs is being replaced.
  if (static_cast<int>(choice.busy_until.size()) >= choice.instances) free_.push_back(at);
  taken_.assign(choice.waiting.size(), 0);
  const std::size_t reach = kReach * static_cast<std::size_t>(choice.batch_max);
  for (std::size_t lead = 0; lead < choice.waiting.size(); ++lead) {
    if (taken_[lead] != 0) continue;
    TimePoint& soonest = *std::ranges::min_element(free_);
    const Grown grown = Grow(choice, lead, soonest, reach);
    soonest += choice.profile.P95(grown.rows);
    if (soonest > grown.limit) return false;
  }
  return true;
}

UrgentBatch::Grown UrgentBatch::Grow(const BatchChoice& choice, std::size_t lead, TimePoint start,
                                     std::size_t reach) {
  members_.clear();
  Grown grown;
  const std::uint64_t key = choice.waiting[lead].request.shape_key;
  const std::size_t end = std::min(choice.waiting.size(), lead + 1 + reach);
  for (std::size_t i = lead; i < end; ++i) {
    const WaitingRequest& one = choice.waiting[i];
    if (taken_[i] != 0 || one.request.shape_key != key) continue;
    const int rows = grown.rows + one.request.rows;
    const TimePoint limit = std::min(grown.limit, one.request.deadline);
    if (grown.rows > 0 && (rows > choice.batch_max || limit - choice.profile.P95(rows) < start)) {
      grown.full = true;
      if (choice.profile.P95(grown.rows + 1) > grown.limit - start) break;
      continue;
    }
    taken_[i] = 1;
    members_.push_back(static_cast<std::uint32_t>(i));
    grown = {rows, limit, std::min(grown.run_by, one.run_by), grown.full};
    if (rows >= choice.batch_max) {
      grown.full = true;
      break;
    }
  }
  return grown;
}

TimePoint UrgentBatch::Choose(const BatchChoice& choice, Members& members) {
  constexpr std::size_t kNobody = ~std::size_t{0};
  const std::size_t all = choice.waiting.size();
  keys_tried_.clear();
  TimePoint wake = kNever;
  std::size_t held = kNobody;
  for (std::size_t lead = 0; lead < all && keys_tried_.size() < kKeysMax; ++lead) {
    const std::uint64_t key = choice.waiting[lead].request.shape_key;
    if (std::ranges::find(keys_tried_, key) != keys_tried_.end()) continue;
    taken_.assign(all, 0);
    const Grown grown = Grow(choice, lead, choice.now, all);
    members.swap(members_);
    const TimePoint run_at = RunAt(choice, grown);
    if (run_at <= choice.now) {
      if (held != kNobody && WouldBeLate(choice, held, grown.rows)) {
        taken_.assign(all, 0);
        Grow(choice, held, choice.now, all);
        members.swap(members_);
      }
      return choice.now;
    }
    if (held == kNobody) held = lead;
    keys_tried_.push_back(key);
    wake = std::min(wake, run_at);
  }
  members.clear();
  return wake;
}

// Held back only as long as all would still be in time.
TimePoint UrgentBatch::RunAt(const BatchChoice& choice, const Grown& grown) {
  if (grown.full || grown.run_by <= choice.now) return choice.now;
  return Feasible(choice, grown.run_by) ? grown.run_by : choice.now;
}

// Were another batch of `rows` to run first.
bool UrgentBatch::WouldBeLate(const BatchChoice& choice, std::size_t held, int rows) const {
  const QueuedRequest& request = choice.waiting[held].request;
  const Duration together = choice.profile.P95(rows) + choice.profile.P95(request.rows);
  return request.deadline - together < choice.now;
}

}  // namespace perigee::serving
