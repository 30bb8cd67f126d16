// LiveRepository: from what a scan found to versions that serve, and away again.
#include <fmt/format.h>

#include <chrono>
#include <optional>
#include <set>
#include <utility>

#include "serving/live_repository.h"
#include "serving/load.h"
#include "serving/repository.h"

namespace perigee::serving {
namespace {

constexpr std::size_t kRetiredMax = 8;
constexpr Duration kRetiredWait = std::chrono::seconds(5);

using model::ModelState;

// What is refused only for now, whatever the files are: to be tried again though nothing changes.
bool MayPass(const Error& error) {
  return error.code == Code::kUnavailable || error.code == Code::kResourceExhausted;
}

}  // namespace

Result<void> LiveRepository::LoadVersions(const std::string& name,
                                          const std::vector<RepositoryEntry>& entries) {
  std::optional<Error> first_error;
  std::set<int> chosen;
  for (const RepositoryEntry& entry : entries) {
    chosen.insert(model::VersionNumber(entry.version));
    const bool newest = &entry == &entries.back();
    Result<void> loaded = newest ? LoadNewest(entry) : LoadVersion(entry, true);
    if (!loaded && MayPass(loaded.error())) {
      shelves_.With([&name](Shelves& shelves) { shelves[name].tried.clear(); });
    }
    if (!loaded && !first_error) first_error = std::move(loaded).error();
  }
  // While a version that should be there is not, those that it would replace go on.
  if (!first_error) WithdrawAllBut(name, chosen);
  Changed(name);
  if (first_error) return Fail(*std::move(first_error));
  return {};
}

// `serve`: it goes into the set, in the place of the same version before it.
Result<void> LiveRepository::LoadVersion(const RepositoryEntry& entry, bool serve) {
  return Shelve(entry, OpenVersion(entry), serve);
}

// The version as the folder has it now, not yet served: the one that is loaded if nothing changed.
Result<model::SharedModel> LiveRepository::OpenVersion(const RepositoryEntry& entry) {
  model::SharedModel same = shelves_.With([&](Shelves& shelves) -> model::SharedModel {
    Shelf::Version& version = shelves[entry.name].versions[model::VersionNumber(entry.version)];
    version.reason.clear();
    if (version.model != nullptr && version.stamp == entry.stamp) return version.model;
    if (version.model == nullptr) version.state = ModelState::kLoading;
    return nullptr;
  });
  if (same != nullptr) return same;
  if (!retirement_.WaitForFewerThan(kRetiredMax, kRetiredWait)) {
    return Fail(ResourceExhausted(
        fmt::format("load model {}: {} models that were unloaded have not ended yet", entry.name,
                    retirement_.waiting())));
  }
  LoadedModel loaded = TRY(serving::Load(entry, backend_, options_.serving, clock_));
  return retirement_.Share(std::move(loaded));
}

// Takes note of what came of opening a version, and serves it if it is another than before.
Result<void> LiveRepository::Shelve(const RepositoryEntry& entry,
                                    const Result<model::SharedModel>& opened, bool serve) {
  const int number = model::VersionNumber(entry.version);
  const bool same = opened && shelves_.With([&](Shelves& shelves) {
    return shelves[entry.name].versions[number].model == *opened;
  });
  if (same) return {};
  Result<void> put;
  if (!opened) put = Fail(opened.error());
  if (opened && serve) put = models_.Put(*opened);
  model::SharedModel replaced;  // it may be the last owner, so it ends after the lock
  shelves_.With([&](Shelves& shelves) {
    Shelf& shelf = shelves[entry.name];
    Shelf::Version& version = shelf.versions[number];
    if (!put) {
      version.state = version.model == nullptr ? ModelState::kUnavailable : ModelState::kReady;
      version.reason = put.error().message;
      return;
    }
    replaced = std::exchange(version.model, *opened);
    version.stamp = entry.stamp;
    version.state = ModelState::kReady;
    shelf.card = entry.card;
  });
  if (!put) {
    log_.Warn("model_not_loaded",
              {{"model", entry.name}, {"version", entry.version}, {"reason", put.error().message}});
    return put;
  }
  log_.Info(
      "model_loaded",
      {{"model", entry.name}, {"version", entry.version}, {"card", entry.card ? "yes" : "no"}});
  if (!entry.notes.empty()) {
    log_.Info("model_settings_ignored",
              {{"model", entry.name}, {"which", fmt::format("{}", fmt::join(entry.notes, " "))}});
  }
  return {};
}

void LiveRepository::WithdrawAllBut(const std::string& name, const std::set<int>& kept) {
  const std::vector<int> old = shelves_.With([&](const Shelves& shelves) {
    std::vector<int> versions;
    for (const auto& [number, version] : shelves.find(name)->second.versions) {
      if (!kept.contains(number)) versions.push_back(number);
    }
    return versions;
  });
  for (const int version : old) Withdraw(name, std::to_string(version), "");
}

// `reason` says why a version that is still in the folder is not served; without one it is
// forgotten.
void LiveRepository::Withdraw(const std::string& name, const std::string& version,
                              std::string_view reason) {
  const bool removed = models_.Remove(name, version);
  model::SharedModel withdrawn;  // ends after the lock
  shelves_.With([&](Shelves& shelves) {
    Shelf& shelf = shelves[name];
    const auto found = shelf.versions.find(model::VersionNumber(version));
    if (found == shelf.versions.end()) return;
    withdrawn = std::move(found->second.model);
    if (reason.empty()) {
      shelf.versions.erase(found);
    } else {
      found->second = {.model = nullptr, .stamp = "", .reason = std::string(reason)};
    }
  });
  if (removed) log_.Info("model_unloaded", {{"model", name}, {"version", version}});
}

}  // namespace perigee::serving
