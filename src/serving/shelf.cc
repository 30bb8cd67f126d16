#include "serving/shelf.h"

#include <algorithm>
#include <ranges>
#include <utility>

namespace perigee::serving {

// A version that has nothing to say of itself, though it be ready, says what its folder suffers.
model::ModelStatus StatusOf(const std::string& name, const Shelf& shelf,
                            const std::string& unreadable) {
  const std::string& reason = unreadable.empty() ? shelf.reason : unreadable;
  model::ModelStatus status{.name = name, .versions = {}, .canary = shelf.canary_ended};
  for (const auto& [number, version] : shelf.versions) {
    status.versions.push_back(
        {std::to_string(number), version.state, version.reason.empty() ? reason : version.reason});
  }
  if (status.versions.empty()) {
    status.versions.push_back({"", model::ModelState::kUnavailable, reason});
  }
  if (shelf.canary != nullptr) status.canary = shelf.canary->status();
  status.variants = shelf.variants;
  return status;
}

bool IsLoaded(const Shelf& shelf) {
  return std::ranges::any_of(shelf.versions,
                             [](const auto& entry) { return entry.second.model != nullptr; });
}

model::SharedModel NewestLoaded(const Shelf& shelf, const std::string& but) {
  for (const auto& [number, version] : std::views::reverse(shelf.versions)) {
    if (version.model != nullptr && std::to_string(number) != but) return version.model;
  }
  return nullptr;
}

void SetVariants(Shelves& shelves, const std::string& name, std::vector<std::string> variants) {
  Shelf& shelf = shelves[name];
  for (const std::string& old : shelf.variants) {
    const auto found = shelves.find(old);
    if (found != shelves.end()) found->second.variant_of.clear();
  }
  for (const std::string& variant : variants) shelves[variant].variant_of = name;
  shelf.variants = std::move(variants);
}

}  // namespace perigee::serving
