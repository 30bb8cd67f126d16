// LiveRepository: the folder that is watched.
#include <algorithm>
#include <tuple>

#include "serving/live_repository.h"
#include "serving/repository.h"

namespace perigee::serving {

void LiveRepository::RescanNow() {
  const Result<std::vector<std::string>> names = ListModels(options_.folder);
  if (!names) {
    if (!unreadable_) log_.Warn("models_unreadable", {{"reason", names.error().message}});
    unreadable_ = true;
    return;
  }
  unreadable_ = false;
  const std::vector<std::string> gone = shelves_.With([&](const Shelves& shelves) {
    std::vector<std::string> missing;
    for (const auto& [name, shelf] : shelves) {
      const bool there = std::ranges::binary_search(*names, name);
      if (!there && shelf.canary == nullptr) missing.push_back(name);
    }
    return missing;
  });
  for (const std::string& name : gone) {
    std::ignore = UnloadNow(name);  // NotFound if nothing of it was ever loaded
    shelves_.With([&](Shelves& shelves) { shelves.erase(name); });
  }
  for (const std::string& name : *names) LookAt(name);
}

// A file that is still being copied looks like a new version; so what changed must first stand
// still from one look to the next.
void LiveRepository::LookAt(const std::string& name) {
  const std::string now = Stamps(ScanModel(options_.folder, name));
  const bool load = shelves_.With([&](Shelves& shelves) {
    Shelf& shelf = shelves[name];
    const bool still = shelf.seen == now;
    shelf.seen = now;
    return still && shelf.tried != now && shelf.canary == nullptr;
  });
  if (load) std::ignore = LoadNow(name);  // what went wrong stands in the index and in the log
}

}  // namespace perigee::serving
