#include "serving/valuable_batch.h"

#include <algorithm>
#include <cstddef>

namespace perigee::serving {
namespace {

constexpr std::size_t kKeysMax = 8;  // shapes compared, the most urgent first
constexpr std::size_t kMisfitsMax = 16;
constexpr int kEverySizeTo = 16;  // above, in steps of half and a third

// Falling. Three times as much inside the tenant's share: less would not protect it, more would
// make the batches small that are to fit it. Outside, high counts only double, so that nobody gets
// ahead of others by calling everything urgent.
constexpr std::array<double, 6> kWorth = {12, 3, 2, 1, 0.75, 0.25};
constexpr double kBestEffort = 1.0 / 1024;

std::size_t WorthOf(task::Priority priority, bool inside) {
  switch (priority) {
    case task::Priority::kHigh:
      return inside ? 0 : 2;
    case task::Priority::kNormal:
      return inside ? 1 : 3;
    case task::Priority::kLow:
      return inside ? 4 : 5;
  }
  return 3;
}

double WorthAt(std::size_t rank) {
  return rank < kWorth.size() ? kWorth[rank] : kWorth[rank - kWorth.size()] * kBestEffort;
}

double Rate(double value, Duration took) {
  return value / static_cast<double>(std::max<Duration::rep>(1, took.count()));
}

int NextSize(int size, int size_max) {
  if (size >= size_max) return size_max + 1;
  if (size < kEverySizeTo) return size + 1;
  const bool power = (size & (size - 1)) == 0;
  return std::min(size_max, power ? size + size / 2 : size + size / 3);
}

}  // namespace

void ValuableBatch::Choose(const BatchChoice& choice, const TenantShares& shares, std::size_t must,
                           Members& members) {
  members.clear();
  keys_tried_.clear();
  const std::size_t all = choice.waiting.size();
  double rate = -1;
  for (std::size_t lead = must == kNobody ? 0 : must; lead < all; ++lead) {
    const std::uint64_t key = choice.waiting[lead].request.shape_key;
    if (std::ranges::find(keys_tried_, key) != keys_tried_.end()) continue;
    keys_tried_.push_back(key);
    Sort(choice, shares, key);
    const double found = Best(choice, must, best_);
    if (found > rate) {
      rate = found;
      members.swap(best_);
    }
    if (must != kNobody || keys_tried_.size() == kKeysMax) return;
  }
}

void ValuableBatch::Sort(const BatchChoice& choice, const TenantShares& shares, std::uint64_t key) {
  for (Members& rank : ranks_) rank.clear();
  alone_.clear();
  rows_ = 0;
  for (std::size_t i = 0; i < choice.waiting.size(); ++i) {
    const WaitingRequest& one = choice.waiting[i];
    if (one.request.shape_key != key) continue;
    const std::size_t worth = WorthOf(one.request.priority, shares.Inside(one.request.tenant));
    const std::size_t rank = worth + (one.best_effort() ? kWorth.size() : 0);
    const auto place = static_cast<std::uint32_t>(i);
    if (one.request.rows > choice.batch_max) {
      alone_.emplace_back(place, rank);
    } else {
      ranks_[rank].push_back(place);
      rows_ += one.request.rows;
    }
  }
}

double ValuableBatch::Best(const BatchChoice& choice, std::size_t must, Members& members) {
  members.clear();
  if (must != kNobody && choice.waiting[must].request.rows > choice.batch_max) {
    members.push_back(static_cast<std::uint32_t>(must));
    return 0;
  }
  double rate = must == kNobody ? BestAlone(choice, members) : -1;
  const int size_max = std::min(choice.batch_max, rows_);
  for (int size = 1; size <= size_max; size = NextSize(size, size_max)) {
    const double found = Fill(choice, size, must, trial_);
    // Of equal rates the larger: it leaves less behind.
    if (found >= rate && !trial_.empty()) {
      rate = found;
      members.swap(trial_);
    }
  }
  return rate;
}

double ValuableBatch::BestAlone(const BatchChoice& choice, Members& members) const {
  double rate = -1;
  for (const auto& [place, rank] : alone_) {
    const QueuedRequest& request = choice.waiting[place].request;
    const Duration took = choice.profile.P95(request.rows);
    if (request.deadline - took < choice.now) continue;
    const double found = Rate(WorthAt(rank) * request.rows, took);
    if (found <= rate) continue;
    rate = found;
    members.assign(1, place);
  }
  return rate;
}

// The best `size` rows, and what they are worth a second.
double ValuableBatch::Fill(const BatchChoice& choice, int size, std::size_t must,
                           Members& members) const {
  members.clear();
  int rows = 0;
  double value = 0;
  if (must != kNobody) {
    rows = choice.waiting[must].request.rows;
    if (rows > size) return -1;
    members.push_back(static_cast<std::uint32_t>(must));
  }
  const TimePoint end = choice.now + choice.profile.P95(size);
  for (std::size_t rank = 0; rank < ranks_.size() && rows < size; ++rank) {
    const Members& places = ranks_[rank];
    // Who would be late stands in front. Who has no deadline is never late.
    const auto deadline = [&choice](std::uint32_t i) { return choice.waiting[i].request.deadline; };
    std::size_t misfits = 0;
    for (auto at = std::ranges::lower_bound(places, end, {}, deadline);
         at != places.end() && rows < size && misfits <= kMisfitsMax; ++at) {
      const int more = choice.waiting[*at].request.rows;
      if (rows + more > size || *at == must) {
        ++misfits;
        continue;
      }
      rows += more;
      value += WorthAt(rank) * more;
      members.push_back(*at);
    }
  }
  return rows == 0 ? -1 : Rate(value, choice.profile.P95(rows));
}

}  // namespace perigee::serving
