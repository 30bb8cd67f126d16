// PORT Repository: the models that a node could offer, loaded, unloaded and tried while it runs.
// What the management routes of every protocol call; serving/ has the one that reads a folder.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/model_set.h"
#include "task/context.h"
#include "task/task_set.h"

namespace perigee::model {

enum class ModelState { kReady, kLoading, kUnloading, kUnavailable };
// "READY", as Triton's index has it.
std::string_view StateName(ModelState state);

struct VersionStatus {
  std::string version;  // empty: nothing of the model was ever loaded
  ModelState state = ModelState::kUnavailable;
  // Why a version is not ready; of a ready one what has gone wrong since, such as a folder that
  // cannot be read any more. One sentence, or empty.
  std::string reason;
};

// Some of a model's traffic goes to a candidate, whose answers are compared with the rest.
struct CanaryPlan {
  std::string version;
  double percent = 10;        // of the requests that name no version; above 0, below 100
  int window = 100;           // answers of the candidate that one check looks at; 20 to 1000
  int good_windows = 10;      // in a row, then it is promoted; 0: it is never
  double slowdown_max = 1.2;  // times the stable version's compute time that is still good
};

struct CanaryStatus {
  enum class State { kWatching, kPromoted, kRolledBack, kStopped };
  State state = State::kWatching;
  std::string stable;
  std::string candidate;
  double percent = 0;
  int good_windows = 0;
  int good_windows_wanted = 0;
  std::uint64_t stable_answers = 0;
  std::uint64_t candidate_answers = 0;
  std::string reason;  // of a rollback: what was seen, with the numbers
};
std::string_view StateName(CanaryStatus::State state);  // "watching"

struct ModelStatus {
  std::string name;
  std::vector<VersionStatus> versions;  // never empty; oldest first
  std::optional<CanaryStatus> canary;   // the running one, or how the last one ended
  // Models that answer to its name besides, most accurate first.
  std::vector<std::string> variants = {};
};

// Thread-safe. All but Index block until the work is done or the context's deadline passes
// (DeadlineExceeded; the work goes on), so they are called where blocking is allowed. What fails
// leaves the model that was there before in its place.
class Repository {
 public:
  virtual ~Repository() = default;
  // The model as its folder has it now. NotFound: there is no such model.
  virtual Result<void> Load(std::string_view name, const task::Context& context) = 0;
  // NotFound: no version of it is loaded.
  virtual Result<void> Unload(std::string_view name, const task::Context& context) = 0;
  // By name.
  virtual std::vector<ModelStatus> Index() const = 0;
  virtual Result<void> StartCanary(std::string_view name, const CanaryPlan& plan,
                                   const task::Context& context) = 0;
  virtual Result<void> StopCanary(std::string_view name, const task::Context& context) = 0;
};

// A repository and the threads that may wait for it; what both point to outlives every server.
struct RepositoryAccess {
  Repository* repository = nullptr;  // null: the models are those of the set, and stay
  bool manage = false;               // may callers of this listener change anything?
  task::Seat::Post post = {};
};

// Runs `change` where it may block and then `done` with its outcome; `done` at once if nothing may
// be changed here (PermissionDenied) or there is no room. `attempt` leads the message.
using Change = std::move_only_function<Result<void>(Repository&, const task::Context&)>;
using Changed = std::move_only_function<void(Result<void>)>;
void PostChange(const RepositoryAccess& access, std::string_view attempt,
                const task::Context& context, Change change, Changed done);

struct IndexLine {
  std::string name;
  VersionStatus version;
};
// The versions of all models by name: those of the set, which are ready, and what the repository
// (which may be null) knows besides.
std::vector<IndexLine> FullIndex(const ModelSet& models, const Repository* repository);

}  // namespace perigee::model
