// From an entry of the repository to a model that serves: checksum, card against file, labels.
#pragma once

#include <memory>

#include "base/clock.h"
#include "base/result.h"
#include "serving/backend.h"
#include "serving/repository.h"
#include "serving/served_model.h"

namespace perigee::serving {

// InvalidArgument, in one sentence that names both, if the file is not what its card says.
Result<std::unique_ptr<ServedModel>> Load(const RepositoryEntry& entry, Backend& backend,
                                          const ServedModelOptions& options, const Clock& clock);

}  // namespace perigee::serving
