// A model that many callers share: their rows wait in one backlog, run together in batches on
// `instances` sessions, and come back to each.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "model/model.h"
#include "serving/backend.h"
#include "serving/backlog.h"
#include "serving/instance.h"
#include "task/context.h"

namespace perigee::serving {

// The first dimension is a batch of up to kBatchDefault rows if the file leaves it open in all
// inputs and outputs.
inline constexpr int kBatchAsFile = -1;
inline constexpr int kBatchDefault = 8;

struct ServedModelOptions {
  int instances = 1;             // sessions, each with a thread
  int threads = 1;               // inside one run
  int batch_max = kBatchAsFile;  // rows of one request; 0: the first dimension is not a batch
  // Rows of different requests gathered into one run. On CPUs a batch runs no faster than its rows
  // one by one, while every instance that is free takes one at once.
  int gather_max = 1;
  Duration wait_max{};  // how long a request may be held back for others to join it
  int queue_max = 256;  // requests
};

// Thread-safe. `done` comes on an instance's thread, with no lock held; for refusals on the
// submitter's, for a stop on the thread that requested it, for a late one on the timekeeper's.
// Statistics: `fail` counts every request that ended in an error, also those counted as rejected,
// late or cancelled.
class ServedModel final : public model::Model {
 public:
  // `description` has name and version; inputs and outputs if a card declares them (compared with
  // the file: InvalidArgument names both), else they come from the file. The rest is filled here.
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

 private:
  ServedModel(model::Description description, const ServedModelOptions& options,
              const Clock& clock);
  std::uint64_t ShapeKey(const model::Tensors& inputs) const;

  const model::Description description_;
  const bool shapes_vary_;  // in more than the batch
  const Clock& clock_;
  Backlog backlog_;
  std::vector<std::unique_ptr<Instance>> instances_;
};

}  // namespace perigee::serving
