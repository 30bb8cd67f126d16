#include "serving/repository.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <string_view>
#include <system_error>
#include <utility>

#include "model/model_config.h"
#include "model/model_set.h"
#include "serving/file_digest.h"
#include "serving/version_policy.h"

namespace perigee::serving {
namespace {

namespace fs = std::filesystem;

constexpr const char* kModelFile = "model.onnx";
constexpr std::size_t kEntriesMax = 10'000;
constexpr std::size_t kNameMax = 255;

Error Missing(const fs::path& path, std::string_view why) {
  return NotFound(fmt::format("scan models {}: {}", path.string(), why));
}

// The folders inside, by name.
Result<std::map<std::string, fs::path>> Folders(const fs::path& folder) {
  std::map<std::string, fs::path> folders;
  std::error_code error;
  fs::directory_iterator entries(folder, error);
  for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
    const std::string name = entries->path().filename().string();
    std::error_code unreadable;
    if (name.starts_with('.') || name == "lost+found") continue;
    if (entries->is_directory(unreadable)) folders.emplace(name, entries->path());
    if (folders.size() > kEntriesMax) {
      return Fail(
          InvalidArgument(fmt::format("scan models {}: over {} folders; name the folder "
                                      "that holds the models",
                                      folder.string(), kEntriesMax)));
    }
  }
  if (!error) return folders;
  const std::string why = error.message() + "; name a folder of models that this user may read";
  return Fail(Missing(folder, why));
}

Result<std::optional<model::Card>> FindCard(const std::string& name, const fs::path& folder) {
  const fs::path path = folder / "card.toml";
  std::error_code error;
  if (!fs::exists(path, error)) return std::nullopt;
  model::Card card = TRY(model::ReadCard(path));
  if (card.name != name) {
    return Fail(InvalidArgument(
        fmt::format("scan models {}: it is the card of {}; rename the folder or the model",
                    path.string(), card.name)));
  }
  return card;
}

Result<std::optional<model::ModelConfig>> FindConfig(const std::string& name,
                                                     const fs::path& folder) {
  const fs::path path = folder / "config.pbtxt";
  std::error_code error;
  if (!fs::exists(path, error)) return std::nullopt;
  model::ModelConfig config = TRY(model::ReadModelConfig(path));
  if (!config.name.empty() && config.name != name) {
    return Fail(InvalidArgument(
        fmt::format("scan models {}: it is the configuration of {}; rename the folder or the model",
                    path.string(), config.name)));
  }
  return config;
}

// What stands in a model's folder beside the files of its versions.
struct ModelFolder {
  std::string name;
  fs::path path;
  std::optional<model::Card> card;
  std::optional<model::ModelConfig> config;
  std::vector<int> versions;  // rising
};

Result<ModelFolder> ReadFolder(const std::string& name, const fs::path& path) {
  ModelFolder folder{.name = name, .path = path, .card = {}, .config = {}, .versions = {}};
  folder.card = TRY(FindCard(name, path));
  folder.config = TRY(FindConfig(name, path));
  const std::map<std::string, fs::path> inside = TRY(Folders(path));
  for (const auto& [inner, unused] : inside) {
    const int version = model::VersionNumber(inner);
    if (version > 0) folder.versions.push_back(version);
  }
  std::ranges::sort(folder.versions);
  if (!folder.versions.empty()) return folder;
  const fs::path file = path / "1" / kModelFile;
  return Fail(
      Missing(file, "no such file; import or put the model there, or remove " + path.string()));
}

// The card is the author's word about this server, so it wins where both say something.
model::ServingTable Wishes(const ModelFolder& folder) {
  model::ServingTable wishes = folder.card ? folder.card->serving : model::ServingTable();
  if (!folder.config) return wishes;
  const model::ServingTable& more = folder.config->serving;
  const auto complete = [](auto& wish, const auto& other) {
    if (!wish) wish = other;
  };
  complete(wishes.versions, more.versions);
  complete(wishes.instances, more.instances);
  complete(wishes.batch_max, more.batch_max);
  complete(wishes.gather_max, more.gather_max);
  complete(wishes.wait_max, more.wait_max);
  complete(wishes.queue_max, more.queue_max);
  return wishes;
}

std::string Stamp(const fs::path& file) {
  std::error_code error;
  const std::uintmax_t size = fs::file_size(file, error);
  if (error) return "-";
  const auto time = fs::last_write_time(file, error).time_since_epoch().count();
  return fmt::format("{}@{}", size, time);
}

Result<RepositoryEntry> Entry(const ModelFolder& folder, int version) {
  RepositoryEntry entry;
  entry.name = folder.name;
  entry.version = std::to_string(version);
  entry.file =
      folder.path / entry.version / (folder.config ? folder.config->file : std::string(kModelFile));
  std::error_code error;
  if (!fs::is_regular_file(entry.file, error)) {
    return Fail(Missing(entry.file, "no such file; put the model there or remove its folder"));
  }
  entry.card = folder.card;
  if (folder.card) {
    entry.inputs = folder.card->inputs;
    entry.outputs = folder.card->outputs;  // with the labels
  } else if (folder.config) {
    entry.inputs = folder.config->inputs;
    entry.outputs = folder.config->outputs;
  }
  if (folder.config) entry.notes = folder.config->notes;
  entry.serving = Wishes(folder);
  entry.stamp = fmt::format("{} {} {}", Stamp(entry.file), Stamp(folder.path / "card.toml"),
                            Stamp(folder.path / "config.pbtxt"));
  return entry;
}

Result<std::vector<RepositoryEntry>> ScanFolder(const std::string& name, const fs::path& path) {
  const ModelFolder folder = TRY(ReadFolder(name, path));
  const model::VersionPolicy policy = Wishes(folder).versions.value_or(model::VersionPolicy());
  const Result<std::vector<int>> chosen = ChooseVersions(folder.versions, policy);
  if (!chosen) return Fail(Error(chosen.error()).Within("scan models " + path.string()));
  std::vector<RepositoryEntry> entries;
  for (const int version : *chosen) {
    RepositoryEntry entry = TRY(Entry(folder, version));
    entries.push_back(std::move(entry));
  }
  return entries;
}

bool IsPlain(const std::string& name) {
  return !name.empty() && name.size() <= kNameMax && !name.starts_with('.') &&
         !name.contains('/') && !name.contains('\0') && name != "lost+found";
}

Result<fs::path> FolderOf(const fs::path& folder, const std::string& name) {
  if (HasFolder(folder, name)) return folder / name;
  return Fail(NotFound(fmt::format("find model {}: the folder of models has none of that name",
                                   IsPlain(name) ? name : "of an impossible name")));
}

}  // namespace

bool HasFolder(const fs::path& folder, const std::string& name) {
  std::error_code error;
  return IsPlain(name) && fs::is_directory(folder / name, error);
}

Result<std::vector<std::string>> ListModels(const fs::path& folder) {
  const std::map<std::string, fs::path> folders = TRY(Folders(folder));
  std::vector<std::string> names;
  for (const auto& [name, path] : folders) names.push_back(name);
  return names;
}

Result<std::vector<RepositoryEntry>> ScanModel(const fs::path& folder, const std::string& name) {
  const fs::path path = TRY(FolderOf(folder, name));
  return ScanFolder(name, path);
}

Result<RepositoryEntry> ScanVersion(const fs::path& folder, const std::string& name,
                                    const std::string& version) {
  const fs::path path = TRY(FolderOf(folder, name));
  const ModelFolder found = TRY(ReadFolder(name, path));
  const int wanted = model::VersionNumber(version);
  if (std::ranges::binary_search(found.versions, wanted)) return Entry(found, wanted);
  return Fail(NotFound(fmt::format("find model {} version {}: its folder has {}", name, version,
                                   fmt::join(found.versions, ", "))));
}

Result<std::vector<RepositoryEntry>> ScanRepository(const fs::path& folder) {
  const std::map<std::string, fs::path> folders = TRY(Folders(folder));
  std::vector<RepositoryEntry> entries;
  for (const auto& [name, path] : folders) {
    std::vector<RepositoryEntry> versions = TRY(ScanFolder(name, path));
    std::ranges::move(versions, std::back_inserter(entries));
  }
  if (!entries.empty()) return entries;
  return Fail(Missing(folder, "holds no model; put one at <name>/<version>/model.onnx"));
}

std::string Stamps(const fs::path& folder, const Result<std::vector<RepositoryEntry>>& entries) {
  if (!entries) return "error: " + entries.error().message;
  std::string stamps;
  for (const RepositoryEntry& entry : *entries) stamps += entry.version + " " + entry.stamp + ";";
  for (const std::string& name : entries->back().serving.variants) {
    const Result<std::vector<RepositoryEntry>> variant = ScanModel(folder, name);
    // Its own variants do not count: it may have none.
    stamps += name + " " +
              (variant ? variant->back().version + " " + variant->back().stamp
                       : variant.error().message) +
              ";";
  }
  return stamps;
}

Result<void> CheckChecksum(const RepositoryEntry& entry) {
  if (!entry.card || entry.card->sha256.empty()) return {};
  // The card lies beside the version folders.
  const fs::path named = entry.file.parent_path().parent_path() / entry.card->file;
  if (named.lexically_normal() != entry.file.lexically_normal()) return {};
  const std::string sha256 = TRY(FileDigest(entry.file));
  if (sha256 == entry.card->sha256) return {};
  return Fail(InvalidArgument(fmt::format(
      "check {}: its SHA-256 is {}, its card says {}; import the model again or mend the card",
      entry.file.string(), sha256, entry.card->sha256)));
}

}  // namespace perigee::serving
