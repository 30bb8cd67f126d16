// A folder of models by the field's convention: <name>/<version>/model.onnx, and beside the
// versions, if they are there, <name>/card.toml and Triton's <name>/config.pbtxt. Reads folders,
// cards and configurations, never the models. Pure but for the file system; any thread.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/card.h"
#include "model/model.h"
#include "model/serving_table.h"

namespace perigee::serving {

struct RepositoryEntry {
  std::string name;
  std::string version;
  std::filesystem::path file;
  std::optional<model::Card> card;  // one for all versions of a name
  // What the card declares, or else the configuration; empty: as the file says.
  std::vector<model::TensorSpec> inputs;
  std::vector<model::TensorSpec> outputs;
  model::ServingTable serving;     // of the card, completed from the configuration
  std::vector<std::string> notes;  // fields of the configuration that mean nothing here
  std::string stamp;  // size and time of the file, the card and the configuration: another one
                      // means that something changed
};

// Every version of every model that its version policy chooses, by name, then version. Hidden files
// and a volume's lost+found are passed over. An Error names the file and what to do about it:
// NotFound for what is missing, Unimplemented for a configuration that asks for what this server
// does not do, InvalidArgument for the rest.
Result<std::vector<RepositoryEntry>> ScanRepository(const std::filesystem::path& folder);

// The models in the folder, by name; perhaps none.
Result<std::vector<std::string>> ListModels(const std::filesystem::path& folder);
// Has the model a folder there? `name` may come from outside: one that could lead out of `folder`,
// or to the same model by another spelling, has none.
bool HasFolder(const std::filesystem::path& folder, const std::string& name);
// The chosen versions of one model, oldest first, never none. `name` may come from outside.
Result<std::vector<RepositoryEntry>> ScanModel(const std::filesystem::path& folder,
                                               const std::string& name);
// One version, whether its policy chooses it or not.
Result<RepositoryEntry> ScanVersion(const std::filesystem::path& folder, const std::string& name,
                                    const std::string& version);

// What a scan of one model found, and what there is of its variants in `folder`, in a text that
// differs once anything of it changes.
std::string Stamps(const std::filesystem::path& folder,
                   const Result<std::vector<RepositoryEntry>>& entries);

// InvalidArgument if the card has a checksum for this file and the file has another.
Result<void> CheckChecksum(const RepositoryEntry& entry);

}  // namespace perigee::serving
