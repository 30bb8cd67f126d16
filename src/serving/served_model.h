// A model that many callers share: their rows wait in one backlog, run together in batches on
// `instances` sessions, and come back to each.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "model/model.h"
#include "serving/backend.h"
#include "serving/backlog.h"
#include "serving/device.h"
#include "serving/instance.h"
#include "serving/profile_cache.h"
#include "serving/served_model_options.h"
#include "task/context.h"
#include "task/hint.h"

namespace perigee::serving {

// Thread-safe. `done` comes on an instance's thread or on one that the submitter lent, with no lock
// held; for refusals on the submitter's, for a stop on the thread that requested it, for a late one
// on the timekeeper's. Statistics: `fail` counts every request that ended in an error, also those
// counted as rejected, late or cancelled.
//
// Its end waits for its instances, so it may not come on one of their threads, and `done` may be
// the last owner: a SharedModel of this kind needs a deleter that hands it to another thread.
class ServedModel final : public model::Model {
 public:
  // `description` has name and version; inputs and outputs if a card declares them (compared with
  // the file: InvalidArgument names both), else they come from the file. The rest is filled here.
  // `backend` outlives the model: sessions that break are replaced from it, and from `file`.
  static Result<std::unique_ptr<ServedModel>> Open(Backend& backend, model::Description description,
                                                   const std::filesystem::path& file,
                                                   const ServedModelOptions& options,
                                                   const Clock& clock);

  // What is queued gets Unavailable; what runs is stopped and gets it too.
  ~ServedModel() override;
  ServedModel(const ServedModel&) = delete;
  ServedModel& operator=(const ServedModel&) = delete;

  const model::Description& description() const override { return description_; }
  void Submit(const model::Tensors& inputs, const task::Context& context, Done done) override;
  model::Statistics statistics() const override { return backlog_.statistics(); }
  task::Hint hint(Duration budget) const override { return backlog_.hint(budget); }
  model::Profile profile() const override;

 private:
  // What Open found out.
  struct Opened {
    model::Description description;
    ServedModelOptions options;  // nothing left to the plan but gather_max
    Device device;
    std::optional<ProfileKey> key;  // none: nothing is cached
    BacklogOptions backlog;
    std::vector<std::unique_ptr<Session>> sessions;
    std::function<Result<std::unique_ptr<Session>>()> open;
  };
  static Result<Opened> Prepare(Backend& backend, model::Description description,
                                const std::filesystem::path& file, ServedModelOptions options);
  static void SeedProfile(Opened& opened);

  ServedModel(Opened opened, const Clock& clock);
  std::uint64_t ShapeKey(const model::Tensors& inputs) const;
  void AddInstance(std::unique_ptr<Session> session);
  void KeepProfile(const std::vector<ProfilePoint>& points);

  const model::Description description_;
  const ServedModelOptions options_;
  const Device device_;
  const std::optional<ProfileKey> key_;
  const bool shapes_vary_;  // in more than the batch
  const Clock& clock_;
  mutable std::mutex mutex_;
  std::string cache_problem_;  // guarded by mutex_
  Backlog backlog_;
  const InstanceCommons commons_;
  bool closing_ = false;                              // guarded by mutex_
  std::vector<std::unique_ptr<Instance>> instances_;  // guarded by mutex_
};

}  // namespace perigee::serving
