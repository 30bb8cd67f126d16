// A folder of models that is served while it changes: loads, swaps, unloads and tries versions on
// a thread of its own, and keeps the ModelSet in step. What fails leaves what was there before.
#pragma once

#include <functional>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "model/card.h"
#include "model/model_set.h"
#include "model/repository.h"
#include "runtime/background.h"
#include "runtime/guarded.h"
#include "runtime/log.h"
#include "serving/backend.h"
#include "serving/live_repository_options.h"
#include "serving/repository.h"
#include "serving/retirement.h"
#include "serving/shelf.h"
#include "serving/variant_model.h"

namespace perigee::serving {

// Thread-safe.
class LiveRepository final : public model::Repository {
 public:
  // What it is given outlives it, and `retirement` outlives what the set hands out.
  LiveRepository(LiveRepositoryOptions options, Backend& backend, model::ModelSet& models,
                 Retirement& retirement, const runtime::Log& log, const Clock& clock);

  // Once, before anything else, by the thread that made it. `changed` is not called.
  Result<void> Start();

  Result<void> Load(std::string_view name, const task::Context& context) override;
  Result<void> Unload(std::string_view name, const task::Context& context) override;
  std::vector<model::ModelStatus> Index() const override;
  Result<void> StartCanary(std::string_view name, const model::CanaryPlan& plan,
                           const task::Context& context) override;
  Result<void> StopCanary(std::string_view name, const task::Context& context) override;

  // Looks at the folder now, as polling does: what changed and then stood still for one look is
  // loaded or, if it is gone, unloaded. A folder that cannot be read changes nothing, and the index
  // says why until it can.
  Result<void> Rescan(const task::Context& context);

  // Nothing changes any more; what would is refused. Whoever waits in one of the calls above must
  // have come back before.
  void Close() { loader_.Close(); }

  // Of the versions that are loaded; nothing if they have none.
  std::optional<model::Card> CardOf(std::string_view name) const;

 private:
  using Outcome = std::shared_future<Result<void>>;
  using Entries = std::vector<RepositoryEntry>;  // of a family: the model's own first

  // Queues `work`, or joins the same that still waits, and waits for its outcome.
  Result<void> Do(const std::string& what, const task::Context& context,
                  std::function<Result<void>()> work);
  Result<Outcome> Queue(const std::string& what, std::function<Result<void>()> work);

  // All below run on the repository's thread.
  Result<void> LoadNow(const std::string& name);
  bool TakeNote(const std::string& name, const Result<Entries>& entries);
  Result<void> LoadVersions(const std::string& name, const std::vector<RepositoryEntry>& entries);
  Result<void> LoadNewest(const RepositoryEntry& entry);
  Result<void> LoadVersion(const RepositoryEntry& entry, bool serve);
  Result<model::SharedModel> OpenVersion(const RepositoryEntry& entry);
  Result<void> Shelve(const RepositoryEntry& entry, const Result<model::SharedModel>& opened,
                      bool serve);
  void WithdrawAllBut(const std::string& name, const std::set<int>& kept);
  Result<Entries> ScanFamily(const RepositoryEntry& entry);
  Result<std::unique_ptr<VariantModel>> OpenFamily(const Entries& family);
  Result<void> ServeFamily(const Entries& family, std::unique_ptr<VariantModel> choice);
  void RefuseFamily(const Entries& family, const Error& error);
  Result<void> LetVariantsGo(const std::string& name);
  void UnloadVariants(const std::string& name);
  std::string OwnerOf(const std::string& name) const;
  Result<void> CheckNoVariants(const RepositoryEntry& candidate) const;
  Result<void> UnloadNow(const std::string& name);
  void RescanNow();
  void UnloadGone(const std::string& name);
  void LookAt(const std::string& name);
  Result<void> StartCanaryNow(const std::string& name, const model::CanaryPlan& plan);
  Result<void> EndCanaryNow(const std::string& name, std::optional<int> serial,
                            model::CanaryStatus::State end);
  void Withdraw(const std::string& name, const std::string& version, std::string_view reason);
  void Changed(const std::string& name);
  bool OnVerdict(const std::string& name, int canary, bool promoted);
  Result<void> CheckNoCanary(const std::string& name) const;

  const LiveRepositoryOptions options_;
  Backend& backend_;
  model::ModelSet& models_;
  Retirement& retirement_;
  const runtime::Log log_;
  const Clock& clock_;
  bool started_ = false;  // the repository's thread's
  int canaries_ = 0;      // started so far; the repository's thread's
  runtime::Guarded<Shelves> shelves_;
  runtime::Guarded<std::string> unreadable_;  // why the folder was, at the last look; or empty
  runtime::Guarded<std::map<std::string, Outcome>> queued_;  // by what, until it begins
  runtime::Background loader_;                               // last, so that it ends first
};

}  // namespace perigee::serving
