// LiveRepository: the folder that is watched.
#include <algorithm>
#include <filesystem>
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

bool AnyOnTrial(const Shelves& shelves, const std::vector<std::string>& names) {
  return std::ranges::any_of(names, [&shelves](const std::string& name) {
    const auto found = shelves.find(name);
    return found != shelves.end() && found->second.canary != nullptr;
  });
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
    // What answers to its name besides is still there: it goes on as a model of its own, and is to
    // be looked at anew as one.
    for (const std::string& variant : shelves[name].variants) shelves[variant].tried.clear();
    SetVariants(shelves, name, {});
  });
  std::ignore = UnloadNow(name);  // NotFound if nothing of it was ever loaded
  shelves_.With([&](Shelves& shelves) { shelves.erase(name); });
}

// A file that is still being copied looks like a new version; so what changed must first stand
// still from one look to the next.
void LiveRepository::LookAt(const std::string& name) {
  const Result<Entries> entries = ScanModel(options_.folder, name);
  const std::string now = Stamps(options_.folder, entries);
  const bool load = shelves_.With([&](Shelves& shelves) {
    Shelf& shelf = shelves[name];
    const bool still = shelf.seen == now;
    shelf.seen = now;
    // While a version of it, or of one of its variants, is on trial, it would be refused.
    return still && shelf.tried != now && shelf.canary == nullptr &&
           !(entries && AnyOnTrial(shelves, entries->back().serving.variants));
  });
  if (load) std::ignore = LoadNow(name);  // what went wrong stands in the index and in the log
}

}  // namespace perigee::serving
