#include "serving/shelf.h"

#include <algorithm>
#include <ranges>

namespace perigee::serving {

model::ModelStatus StatusOf(const std::string& name, const Shelf& shelf) {
  model::ModelStatus status{.name = name, .versions = {}, .canary = shelf.canary_ended};
  for (const auto& [number, version] : shelf.versions) {
    status.versions.push_back({std::to_string(number), version.state, version.reason});
  }
  if (status.versions.empty()) {
    status.versions.push_back({"", model::ModelState::kUnavailable, shelf.reason});
  }
  if (shelf.canary != nullptr) status.canary = shelf.canary->status();
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

}  // namespace perigee::serving
