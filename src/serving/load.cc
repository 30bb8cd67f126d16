#include "serving/load.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "serving/golden_gate.h"
#include "serving/warm_backend.h"

namespace perigee::serving {
namespace {

// Sizes of inputs whose dimensions the file leaves open, as far as the card knows them.
std::vector<model::GoldenInput> KnownShapes(const RepositoryEntry& entry) {
  if (!entry.card) return {};
  if (entry.card->detector) {
    const std::int64_t side = entry.card->detector->size_default;
    return {{entry.card->inputs.front().name, {1, side, side, 3}}};
  }
  if (entry.card->golden.empty()) return {};
  return entry.card->golden.front().inputs;
}

ServedModelOptions WithWishes(ServedModelOptions options, const model::ServingTable& wishes) {
  options.instances = wishes.instances.value_or(options.instances);
  options.threads = wishes.threads.value_or(options.threads);
  options.batch_max = wishes.batch_max.value_or(options.batch_max);
  options.gather_max = wishes.gather_max.value_or(options.gather_max);
  options.wait_max = wishes.wait_max.value_or(options.wait_max);
  options.queue_max = wishes.queue_max.value_or(options.queue_max);
  if (!wishes.device.empty()) options.device = wishes.device;
  const auto one_row = wishes.estimate.find(1);
  if (one_row != wishes.estimate.end()) options.profile.estimate = one_row->second;
  return options;
}

// The largest run that gathering makes, which is of one row where the profile is yet to decide. A
// request may bring more, but warming up for that costs every start its time and every session the
// memory: for the default models 0.3 s and 350 MB.
int RowsOfAFullRun(const ServedModelOptions& options) {
  const int rows = options.batch_max == kBatchAsFile ? kBatchDefault : options.batch_max;
  return std::min(rows, std::max(options.gather_max, 1));
}

}  // namespace

Result<LoadedModel> Load(const RepositoryEntry& entry, Backend& backend,
                         const ServedModelOptions& options, const Clock& clock) {
  TRY(CheckChecksum(entry));
  model::Description description;
  description.name = entry.name;
  description.version = entry.version;
  description.inputs = entry.inputs;
  description.outputs = entry.outputs;
  const ServedModelOptions wanted = WithWishes(options, entry.serving);
  LoadedModel loaded;
  loaded.backend =
      std::make_unique<WarmBackend>(backend, KnownShapes(entry), RowsOfAFullRun(wanted));
  loaded.model =
      TRY(ServedModel::Open(*loaded.backend, std::move(description), entry.file, wanted, clock));
  if (!entry.card) return loaded;
  Result<void> golden = PassGolden(*loaded.model, entry.card->golden, clock);
  if (golden) return loaded;
  return Fail(std::move(golden).error().Within(
      fmt::format("load model {} version {}", entry.name, entry.version)));
}

}  // namespace perigee::serving
