#include "serving/tenant_shares.h"

#include <algorithm>

#include "base/check.h"

namespace perigee::serving {
namespace {

constexpr Duration kTurnAheadMax = std::chrono::minutes(1);
constexpr Duration kCostMax = std::chrono::minutes(1);  // counted of one run: keeps sums small

}  // namespace

void TenantShares::Arrive(std::uint32_t tenant, TimePoint now, bool waits) {
  CHECK(tenant < kTenantsMax);
  if (tenant >= tenants_.size()) tenants_.resize(tenant + 1);
  Tenant& one = tenants_[tenant];
  if (one.active) {
    Unlink(tenant);
  } else {
    // Who was away has used nothing of its share.
    one.base = credited_ - kCreditMax * unit_;
    one.active = true;
    ++active_;
  }
  one.arrived_last = now;
  Link(tenant);
  if (waits) ++one.waiting;
  Retire(now);
}

void TenantShares::Retire(TimePoint now) {
  while (first_ != kNone && tenants_[first_].arrived_last + kActiveFor < now) {
    const std::uint32_t oldest = first_;
    Tenant& one = tenants_[oldest];
    Unlink(oldest);
    if (one.waiting > 0) {
      one.arrived_last = now;
      Link(oldest);
    } else {
      one.active = false;
      --active_;
    }
  }
}

void TenantShares::Credit(Duration cost, Duration unit) {
  unit_ = std::min(unit, kCostMax);
  credited_ += std::min(cost, kCostMax) / std::max(1, active_);
}

void TenantShares::Pay(std::uint32_t tenant, Duration cost) {
  Tenant& one = tenants_[tenant];
  const Duration left = std::max(CreditOf(one) - std::min(cost, kCostMax), -kCreditMax * unit_);
  one.base = credited_ - left;
}

Duration TenantShares::CreditOf(const Tenant& tenant) const {
  return std::min(credited_ - tenant.base, kCreditMax * unit_);
}

TimePoint TenantShares::Turn(std::uint32_t tenant, TimePoint now, Duration cost) {
  Tenant& one = tenants_[tenant];
  TimePoint turn = now;
  if (one.waiting > 1 && active_ > 1) {  // this one waits already
    turn = std::clamp(one.turn_next, now, now + kTurnAheadMax);
  }
  one.turn_next = turn + active_ * std::min(cost, kCostMax);
  return turn;
}

void TenantShares::Link(std::uint32_t tenant) {
  Tenant& one = tenants_[tenant];
  one.before = last_;
  one.after = kNone;
  (last_ == kNone ? first_ : tenants_[last_].after) = tenant;
  last_ = tenant;
}

void TenantShares::Unlink(std::uint32_t tenant) {
  const Tenant& one = tenants_[tenant];
  (one.before == kNone ? first_ : tenants_[one.before].after) = one.after;
  (one.after == kNone ? last_ : tenants_[one.after].before) = one.before;
}

}  // namespace perigee::serving
