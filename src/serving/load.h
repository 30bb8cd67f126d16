// From an entry of the repository to a model that may take traffic: checksum, card against file,
// warm-up, golden vectors. Blocks for as long as the model takes to open; one thread a call.
#pragma once

#include <memory>

#include "base/clock.h"
#include "base/result.h"
#include "serving/backend.h"
#include "serving/repository.h"
#include "serving/served_model.h"

namespace perigee::serving {

struct LoadedModel {
  std::unique_ptr<Backend> backend;  // that opens the model's sessions, also those of later
  std::unique_ptr<ServedModel> model;
};

// InvalidArgument, in one sentence that names both, if the file is not what its card says, or does
// not answer as the card's golden vectors do. `options` are the node's; the entry's own wishes come
// before them.
Result<LoadedModel> Load(const RepositoryEntry& entry, Backend& backend,
                         const ServedModelOptions& options, const Clock& clock);

}  // namespace perigee::serving
