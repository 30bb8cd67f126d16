// Who has used how much of one model's time, and who is inside its share. Deficit round robin with
// time for a quantum: whatever runs is paid by those it ran for, and credited in equal parts to all
// who are active. Credit is kept within a few batches, so that neither thrift nor greed of an hour
// ago counts. Pure. Not thread-safe.
#pragma once

#include <cstdint>
#include <vector>

#include "base/clock.h"

namespace perigee::serving {

class TenantShares {
 public:
  static constexpr std::uint32_t kTenantsMax = 4096;
  // Who has asked within this time takes part in sharing, whether something of his waits or not.
  static constexpr Duration kActiveFor = std::chrono::seconds(1);

  TenantShares() { tenants_.reserve(16); }

  // A request came, and waits from now on (`waits`), or was refused.
  void Arrive(std::uint32_t tenant, TimePoint now, bool waits);
  void Leave(std::uint32_t tenant) { --tenants_[tenant].waiting; }

  // A batch starts that takes `cost`; `unit` is what a full one takes. Then, who is in it pays.
  void Credit(Duration cost, Duration unit);
  void Pay(std::uint32_t tenant, Duration cost);

  // Or has it used so much more than its share that it bears what has to be dropped? Half of the
  // credit that there can be is for chance: equal tenants then all stay inside, and batches are
  // chosen as if there were only one.
  bool Inside(std::uint32_t tenant) const {
    return CreditOf(tenants_[tenant]) >= -kCreditMax / 2 * unit_;
  }
  // Has it, not being alone, more requests waiting than `most`?
  bool Crowds(std::uint32_t tenant, int most) const {
    return tenant < tenants_.size() && tenants_[tenant].waiting >= most &&
           active_ - (tenants_[tenant].active ? 1 : 0) > 0;
  }
  int waiting(std::uint32_t tenant) const { return tenants_[tenant].waiting; }

  // When a request without a deadline counts as having come: later than it did if many of its
  // tenant wait before it, so that they alternate with those of others (start-time fair queueing).
  TimePoint Turn(std::uint32_t tenant, TimePoint now, Duration cost);

 private:
  static constexpr int kCreditMax = 4;  // units, above and below nothing
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  struct Tenant {
    Duration base{};  // credit = credited_ - base
    TimePoint arrived_last;
    TimePoint turn_next;
    int waiting = 0;
    bool active = false;
    std::uint32_t before = kNone;  // in the list of the active, by arrived_last
    std::uint32_t after = kNone;
  };

  Duration CreditOf(const Tenant& tenant) const;
  void Link(std::uint32_t tenant);
  void Unlink(std::uint32_t tenant);
  void Retire(TimePoint now);

  std::vector<Tenant> tenants_;
  Duration credited_{};  // to each, since the beginning
  Duration unit_{};
  int active_ = 0;
  std::uint32_t first_ = kNone;
  std::uint32_t last_ = kNone;
};

}  // namespace perigee::serving
