#include "serving/version_policy.h"

#include <fmt/format.h>

#include <algorithm>

namespace perigee::serving {

Result<std::vector<int>> ChooseVersions(const std::vector<int>& found,
                                        const model::VersionPolicy& policy) {
  using Kind = model::VersionPolicy::Kind;
  if (policy.kind == Kind::kAll) return found;
  if (policy.kind == Kind::kLatest) {
    const auto count = std::min<std::size_t>(found.size(), static_cast<std::size_t>(policy.latest));
    return std::vector<int>(found.end() - static_cast<std::ptrdiff_t>(count), found.end());
  }
  std::vector<int> chosen = policy.versions;
  std::ranges::sort(chosen);
  chosen.erase(std::ranges::unique(chosen).begin(), chosen.end());
  for (const int version : chosen) {
    if (std::ranges::binary_search(found, version)) continue;
    return Fail(
        NotFound(fmt::format("version {} is asked for, the folder has {}", version,
                             found.empty() ? "none" : fmt::format("{}", fmt::join(found, ", ")))));
  }
  return chosen;
}

}  // namespace perigee::serving
