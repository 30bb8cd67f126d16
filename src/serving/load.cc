#include "serving/load.h"

#include <utility>

namespace perigee::serving {

Result<std::unique_ptr<ServedModel>> Load(const RepositoryEntry& entry, Backend& backend,
                                          const ServedModelOptions& options, const Clock& clock) {
  TRY(CheckChecksum(entry));
  model::Description description;
  description.name = entry.name;
  description.version = entry.version;
  if (entry.card) {
    description.inputs = entry.card->inputs;
    description.outputs = entry.card->outputs;  // with the labels
  }
  return ServedModel::Open(backend, std::move(description), entry.file, options, clock);
}

}  // namespace perigee::serving
