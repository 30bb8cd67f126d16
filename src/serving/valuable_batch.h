// The batch to run when not all that wait can be in time: the one with the most value a second.
// For each size b, its members are those that are worth most, and of equal worth the most urgent,
// of all that would still be in time after s(b). Pure; keeps scratch only. Not thread-safe.
//
// Worth of a row: 12, 3 or 3/4 by priority while its tenant is inside its share, else 2, 1 or 1/4.
// A row without a deadline is worth next to nothing, as it can wait, and fills up what is left;
// what keeps it from waiting for ever is `must`.
#pragma once

#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "serving/tenant_shares.h"
#include "serving/waiting_request.h"

namespace perigee::serving {

class ValuableBatch {
 public:
  static constexpr std::size_t kNobody = ~std::size_t{0};

  // `members` stays empty if nothing could be in time. `must`: the place of one without a deadline
  // that has to be in the batch. O(n + b * log n) for batches of at most b, for up to 8 shapes.
  void Choose(const BatchChoice& choice, const TenantShares& shares, std::size_t must,
              Members& members);

 private:
  void Sort(const BatchChoice& choice, const TenantShares& shares, std::uint64_t key);
  // The value a second of what they find; -1: nothing.
  double Best(const BatchChoice& choice, std::size_t must, Members& members);
  double BestAlone(const BatchChoice& choice, Members& members) const;
  double Fill(const BatchChoice& choice, int size, std::size_t must, Members& members) const;

  // By falling worth: places of those with a deadline, then of those without.
  std::array<Members, 12> ranks_;
  std::vector<std::pair<std::uint32_t, std::size_t>> alone_;  // place, rank: fill a batch by itself
  int rows_ = 0;                                              // in ranks_
  std::vector<std::uint64_t> keys_tried_;
  Members trial_;
  Members best_;
};

}  // namespace perigee::serving
