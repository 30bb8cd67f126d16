// LiveRepository: the folder that is watched.
#include <algorithm>
#include <tuple>
#include <utility>

#include "serving/live_repository.h"
#include "serving/repository.h"

namespace perigee::serving {
namespace {

constexpr const char* kGone = "gone";  // in the place of stamps

// A link that leads nowhere, or a file in its place, is a model that cannot be read at the moment,
// not one that was taken away.
bool IsGone(const std::filesystem::path& folder) {
  std::error_code error;
  return std::filesystem::symlink_status(folder, error).type() ==
         std::filesystem::file_type::not_found;
}

}  // namespace

void LiveRepository::RescanNow() {
  const Result<std::vector<std::string>> names = ListModels(options_.folder);
  const std::string why = names ? "" : names.error().message;
  const std::string before =
      unreadable_.With([&why](std::string& unreadable) { return std::exchange(unreadable, why); });
  if (!names) {
    if (before.empty()) log_.Warn("models_unreadable", {{"reason", why}});
    return;
  }
  const std::vector<std::string> missing = shelves_.With([&](const Shelves& shelves) {
    std::vector<std::string> unlisted;
    for (const auto& [name, shelf] : shelves) {
      if (!std::ranges::binary_search(*names, name)) unlisted.push_back(name);
    }
    return unlisted;
  });
  for (const std::string& name : missing) {
    if (IsGone(options_.folder / name)) {
      UnloadGone(name);
    } else {
      LookAt(name);
    }
  }
  for (const std::string& name : *names) LookAt(name);
}

// Whoever puts another folder in a model's place takes the first away before: that moment must not
// cost a request.
void LiveRepository::UnloadGone(const std::string& name) {
  const bool still = shelves_.With(
      [&name](Shelves& shelves) { return std::exchange(shelves[name].seen, kGone) == kGone; });
  if (!still) return;
  if (!CheckNoCanary(name)) return;    // once it has ended
  if (!OwnerOf(name).empty()) return;  // once its model lets go of it
  shelves_.With([&name](Shelves& shelves) {
    // What is unloaded with it, but still there, is to be looked at anew: by itself.
    for (const std::string& variant : shelves[name].variants) shelves[variant].tried.clear();
  });
  std::ignore = UnloadNow(name);  // NotFound if nothing of it was ever loaded
  shelves_.With([&](Shelves& shelves) { shelves.erase(name); });
}

// A file that is still being copied looks like a new version; so what changed must first stand
// still from one look to the next.
void LiveRepository::LookAt(const std::string& name) {
  const std::string now = Stamps(options_.folder, ScanModel(options_.folder, name));
  const bool load = shelves_.With([&](Shelves& shelves) {
    Shelf& shelf = shelves[name];
    const bool still = shelf.seen == now;
    shelf.seen = now;
    return still && shelf.tried != now && shelf.canary == nullptr;
  });
  if (load) std::ignore = LoadNow(name);  // what went wrong stands in the index and in the log
}

}  // namespace perigee::serving
