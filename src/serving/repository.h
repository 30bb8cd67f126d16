// A folder of models by the field's convention: <name>/<version>/model.onnx, and beside the
// versions, if there is one, <name>/card.toml. Reads folders and cards, never the models.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/card.h"

namespace perigee::serving {

struct RepositoryEntry {
  std::string name;
  std::string version;
  std::filesystem::path file;
  std::optional<model::Card> card;  // one for all versions of a name
};

// By name, then version. Hidden files and a volume's lost+found are passed over. An Error names
// the file and what to do about it: NotFound for what is missing, InvalidArgument for the rest.
Result<std::vector<RepositoryEntry>> ScanRepository(const std::filesystem::path& folder);

// InvalidArgument if the card has a checksum for this file and the file has another.
Result<void> CheckChecksum(const RepositoryEntry& entry);

}  // namespace perigee::serving
