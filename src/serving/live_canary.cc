// LiveRepository: versions on trial.
#include <fmt/format.h>

#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include "serving/live_repository.h"
#include "serving/repository.h"

namespace perigee::serving {

using State = model::CanaryStatus::State;

// The route comes first: once it stands, the candidate may enter the set without anybody who names
// no version being sent to it, though it be the newest.
Result<void> LiveRepository::StartCanaryNow(const std::string& name,
                                            const model::CanaryPlan& plan) {
  TRY(CheckNoCanary(name));
  const RepositoryEntry entry = TRY(ScanVersion(options_.folder, name, plan.version));
  TRY(CheckNoVariants(entry));
  const std::string now = Stamps(options_.folder, ScanModel(options_.folder, name));
  const auto stable = shelves_.With([&](const Shelves& shelves) {
    const auto found = shelves.find(name);
    return found == shelves.end() ? nullptr : NewestLoaded(found->second, plan.version);
  });
  if (stable == nullptr) {
    return Fail(NotFound(fmt::format("try model {} version {}: no other version of it is loaded",
                                     name, plan.version)));
  }
  TRY(LoadVersion(entry, false));
  const auto candidate = shelves_.With([&](const Shelves& shelves) {
    return shelves.find(name)->second.versions.at(model::VersionNumber(entry.version)).model;
  });
  const int serial = ++canaries_;
  auto canary = std::make_shared<CanaryModel>(
      stable, candidate, plan,
      [this, name, serial](bool promoted) { return OnVerdict(name, serial, promoted); });
  TRY(models_.Route(name, canary));
  const Result<void> put = models_.Put(candidate);
  if (!put) {
    TRY(models_.Route(name, nullptr));
    return put;
  }
  shelves_.With([&](Shelves& shelves) {
    Shelf& shelf = shelves[name];
    shelf.canary = std::move(canary);
    shelf.canary_serial = serial;
    // However it ends, no look at the folder may undo that before anything there changes.
    shelf.tried = now;
  });
  log_.Info("canary_started", {{"model", name}, {"version", plan.version}});
  Changed(name);
  return {};
}

// On a model's thread, which must not wait: false if there is no room, and it is asked again.
bool LiveRepository::OnVerdict(const std::string& name, int canary, bool promoted) {
  return loader_
      .Post([this, name, canary, promoted] {
        std::ignore = EndCanaryNow(name, canary, promoted ? State::kPromoted : State::kRolledBack);
      })
      .has_value();
}

// `serial`: only if it is this one; a verdict may come when another has taken its place.
Result<void> LiveRepository::EndCanaryNow(const std::string& name, std::optional<int> serial,
                                          State end) {
  std::shared_ptr<const CanaryModel> canary;  // ends after the route, and outside the lock
  shelves_.With([&](Shelves& shelves) {
    const auto found = shelves.find(name);
    if (found == shelves.end() || found->second.canary == nullptr) return;
    Shelf& shelf = found->second;
    if (serial && *serial != shelf.canary_serial) return;
    canary = std::exchange(shelf.canary, nullptr);
    shelf.canary_ended = canary->status();
    shelf.canary_ended->state = end;
  });
  if (canary == nullptr) {
    return Fail(NotFound(fmt::format("end the canary of model {}: none is running", name)));
  }
  const model::CanaryStatus status = canary->status();
  const int stable = model::VersionNumber(status.stable);
  const int candidate = model::VersionNumber(status.candidate);
  // The newest version answers once the route is gone, so the newer of the two goes first if it
  // lost; an older one that lost stays for those who name it.
  const bool promoted = end == State::kPromoted;
  if (!promoted && candidate > stable) {
    Withdraw(name, status.candidate,
             status.reason.empty() ? "its canary was stopped"
                                   : "its canary was rolled back: " + status.reason);
  }
  if (promoted && stable > candidate) {
    Withdraw(name, status.stable, "version " + status.candidate + " was promoted in its place");
  }
  TRY(models_.Route(name, nullptr));
  log_.Info("canary_ended", {{"model", name},
                             {"version", status.candidate},
                             {"state", std::string(model::StateName(end))},
                             {"reason", status.reason}});
  // Lets go what the policy drops. Where the folder cannot be read, both versions stay.
  if (promoted && candidate > stable && LoadNow(name)) return {};
  Changed(name);
  return {};
}

}  // namespace perigee::serving
