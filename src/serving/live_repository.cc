#include "serving/live_repository.h"

#include <fmt/format.h>

#include <utility>

#include "serving/repository.h"

namespace perigee::serving {
namespace {

constexpr std::size_t kQueueMax = 64;

}  // namespace

LiveRepository::LiveRepository(LiveRepositoryOptions options, Backend& backend,
                               model::ModelSet& models, Retirement& retirement,
                               const runtime::Log& log, const Clock& clock)
    : options_(std::move(options)),
      backend_(backend),
      models_(models),
      retirement_(retirement),
      log_(log),
      clock_(clock),
      loader_(kQueueMax) {}

// No job has been posted yet, so this thread may do what otherwise only the repository's does.
Result<void> LiveRepository::Start() {
  using Control = LiveRepositoryOptions::Control;
  if (options_.control != Control::kExplicit) {
    const std::vector<std::string> names = TRY(ListModels(options_.folder));
    const bool strict = options_.control == Control::kStart;
    // The message that says where a model should be put.
    if (strict && names.empty()) TRY(ScanRepository(options_.folder));
    for (const std::string& name : names) {
      const Result<void> loaded = LoadNow(name);
      if (!loaded && strict) return loaded;
    }
  }
  started_ = true;
  if (options_.control == Control::kPoll)
    loader_.Every(options_.poll_every, [this] { RescanNow(); });
  return {};
}

Result<LiveRepository::Outcome> LiveRepository::Queue(const std::string& what,
                                                      std::function<Result<void>()> work) {
  return queued_.With([&](std::map<std::string, Outcome>& queued) -> Result<Outcome> {
    const auto found = queued.find(what);
    if (found != queued.end()) return found->second;
    std::promise<Result<void>> promise;
    Outcome outcome = promise.get_future().share();
    Result<void> posted =
        loader_.Post([this, what, work = std::move(work), promise = std::move(promise)]() mutable {
          // From here on the folder is read: who comes later may mean what it will be then.
          queued_.With([&](auto& waiting) { waiting.erase(what); });
          promise.set_value(work());
        });
    if (!posted) return Fail(std::move(posted).error());
    queued.emplace(what, outcome);
    return outcome;
  });
}

Result<void> LiveRepository::Do(const std::string& what, const task::Context& context,
                                std::function<Result<void>()> work) {
  Result<Outcome> outcome = Queue(what, std::move(work));
  if (!outcome) return Fail(std::move(outcome).error().Within(what));
  if (context.deadline == kNever) {
    outcome->wait();
  } else if (outcome->wait_until(context.deadline) != std::future_status::ready) {
    return Fail(DeadlineExceeded(what + ": it goes on, but not within this request's time; the "
                                        "index shows how it ends"));
  }
  return outcome->get();
}

Result<void> LiveRepository::Load(std::string_view name, const task::Context& context) {
  return Do(fmt::format("load model {}", name), context,
            [this, name = std::string(name)] { return LoadNow(name); });
}

Result<void> LiveRepository::Unload(std::string_view name, const task::Context& context) {
  return Do(fmt::format("unload model {}", name), context,
            [this, name = std::string(name)] { return UnloadNow(name); });
}

Result<void> LiveRepository::StartCanary(std::string_view name, const model::CanaryPlan& plan,
                                         const task::Context& context) {
  const std::string what = fmt::format("try model {} version {}", name, plan.version);
  if (!(plan.percent > 0 && plan.percent < 100) || plan.window < 20 || plan.window > 1000 ||
      plan.good_windows < 0 || plan.good_windows > 1'000'000 ||
      !(plan.slowdown_max >= 1 && plan.slowdown_max <= 100)) {
    return Fail(InvalidArgument(
        what +
        ": percent is above 0 and below 100, window 20 to 1000, good_windows from 0, "
        "slowdown_max 1 to 100"));
  }
  // Two different plans for one version must not be taken for one.
  const std::string key = fmt::format("{} ({} %, {} x {}, {})", what, plan.percent, plan.window,
                                      plan.good_windows, plan.slowdown_max);
  return Do(key, context,
            [this, name = std::string(name), plan] { return StartCanaryNow(name, plan); });
}

Result<void> LiveRepository::StopCanary(std::string_view name, const task::Context& context) {
  return Do(fmt::format("stop the canary of model {}", name), context,
            [this, name = std::string(name)] {
              return EndCanaryNow(name, std::nullopt, model::CanaryStatus::State::kStopped);
            });
}

Result<void> LiveRepository::Rescan(const task::Context& context) {
  return Do("look at the folder of models", context, [this]() -> Result<void> {
    RescanNow();
    return {};
  });
}

std::vector<model::ModelStatus> LiveRepository::Index() const {
  const std::string unreadable = unreadable_.With([](const std::string& why) { return why; });
  return shelves_.With([&unreadable](const Shelves& shelves) {
    std::vector<model::ModelStatus> index;
    for (const auto& [name, shelf] : shelves) index.push_back(StatusOf(name, shelf, unreadable));
    return index;
  });
}

std::optional<model::Card> LiveRepository::CardOf(std::string_view name) const {
  return shelves_.With([name](const Shelves& shelves) -> std::optional<model::Card> {
    const auto found = shelves.find(name);
    if (found == shelves.end() || !IsLoaded(found->second)) return std::nullopt;
    return found->second.card;
  });
}

Result<void> LiveRepository::CheckNoCanary(const std::string& name) const {
  return shelves_.With([&name](const Shelves& shelves) -> Result<void> {
    const auto found = shelves.find(name);
    if (found == shelves.end() || found->second.canary == nullptr) return {};
    return Fail(Unavailable(
        fmt::format("change model {}: a canary of it is running; stop it or let it end", name)));
  });
}

Result<void> LiveRepository::LoadNow(const std::string& name) {
  TRY(CheckNoCanary(name));
  const Result<Entries> entries = ScanModel(options_.folder, name);
  // A variant's too, before its model is asked: what that one refuses counts as tried.
  const bool known = TakeNote(name, entries);
  const std::string owner = OwnerOf(name);
  if (!owner.empty()) {
    TRY(LoadNow(owner));
    if (OwnerOf(name) == owner) return {};
  }
  if (!entries) {
    if (known)
      log_.Warn("model_not_loaded", {{"model", name}, {"reason", entries.error().message}});
    return Fail(entries.error());
  }
  return LoadVersions(name, *entries);
}

// Of what its folder has now, before that is tried. False for a name that was only made up, which
// must not stay.
bool LiveRepository::TakeNote(const std::string& name, const Result<Entries>& entries) {
  const std::string now = Stamps(options_.folder, entries);
  const bool folder = HasFolder(options_.folder, name);
  return shelves_.With([&](Shelves& shelves) {
    if (!entries && !folder && !shelves.contains(name)) return false;
    Shelf& shelf = shelves[name];
    shelf.tried = shelf.seen = now;
    shelf.reason = entries ? "" : entries.error().message;
    return true;
  });
}

Result<void> LiveRepository::UnloadNow(const std::string& name) {
  TRY(CheckNoCanary(name));
  const std::string owner = OwnerOf(name);
  if (!owner.empty()) {
    return Fail(Unavailable(fmt::format(
        "unload model {0}: it is a variant of {1}; unload {1}, or take it out of its card", name,
        owner)));
  }
  const std::vector<int> loaded = shelves_.With([&](const Shelves& shelves) {
    std::vector<int> versions;
    const auto found = shelves.find(name);
    if (found == shelves.end() || !IsLoaded(found->second)) return versions;
    for (const auto& [number, version] : found->second.versions) versions.push_back(number);
    return versions;
  });
  if (loaded.empty()) {
    return Fail(NotFound(fmt::format("unload model {}: no version of it is loaded", name)));
  }
  for (const int version : loaded) Withdraw(name, std::to_string(version), "unloaded");
  UnloadVariants(name);
  Changed(name);
  return {};
}

void LiveRepository::Changed(const std::string& name) {
  if (!started_ || !options_.changed) return;
  const Result<void> followed = options_.changed(name);
  if (followed) return;
  log_.Warn("model_not_followed", {{"model", name}, {"reason", followed.error().message}});
  shelves_.With([&](Shelves& shelves) {
    for (auto& [number, version] : shelves[name].versions) {
      if (version.reason.empty()) version.reason = followed.error().message;
    }
  });
}

}  // namespace perigee::serving
