// The counters of one served model, and the numbers by which its scheduler knows the tenants.
// Backlog keeps it under its lock.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "model/statistics.h"
#include "serving/request.h"

namespace perigee::serving {

// Not thread-safe.
class Tally {
 public:
  // When a request ended without an answer.
  enum class Moment { kArrival, kWaiting, kRun };

  // Dense numbers from 0, which is that of the empty name. model::kTenantsMax at most: those who
  // come later share the last.
  std::uint32_t Tenant(std::string_view name);

  void Success(const Batch& batch, const Request& request, TimePoint now);
  // Every request that ends in an error, whatever the reason.
  void Failure(Moment moment, Code code, std::uint32_t tenant, Duration whole);
  // `wanted`: at the end somebody still waited for it, in time.
  void Run(const Batch& batch, bool wanted);
  void SessionReplaced() { ++statistics_.sessions_replaced; }
  void RunHangs() { ++statistics_.hung_now; }
  void HungRunEnded() { --statistics_.hung_now; }

  model::Statistics statistics() const;

 private:
  model::Statistics statistics_;  // but for the tenants
  std::map<std::string, std::uint32_t, std::less<>> tenants_ = {{"", 0}};
  std::vector<model::TenantCounts> counts_ = {{}};  // by number
};

}  // namespace perigee::serving
