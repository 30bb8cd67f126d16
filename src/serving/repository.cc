#include "serving/repository.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <map>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/sha256.h"

namespace perigee::serving {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kModelFile = "model.onnx";
constexpr std::size_t kChunkBytes = 1 << 18;
constexpr std::size_t kEntriesMax = 10'000;

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

// 0: not a version.
int ParseVersion(std::string_view text) {
  int version = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), version);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && !text.starts_with('0') ? std::max(version, 0) : 0;
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

Result<std::map<int, fs::path>> Versions(const fs::path& folder) {
  const std::map<std::string, fs::path> folders = TRY(Folders(folder));
  std::map<int, fs::path> versions;
  for (const auto& [name, path] : folders) {
    const int version = ParseVersion(name);
    if (version == 0) continue;
    std::error_code error;
    const fs::path file = path / kModelFile;
    if (!fs::is_regular_file(file, error)) {
      return Fail(Missing(file, "no such file; put the model there or remove its folder"));
    }
    versions.emplace(version, file);
  }
  return versions;
}

Result<void> AddModel(const std::string& name, const fs::path& folder,
                      std::vector<RepositoryEntry>& entries) {
  std::optional<model::Card> card = TRY(FindCard(name, folder));
  const std::map<int, fs::path> versions = TRY(Versions(folder));
  if (versions.empty()) {
    const fs::path file = folder / "1" / kModelFile;
    return Fail(
        Missing(file, "no such file; import or put the model there, or remove " + folder.string()));
  }
  for (const auto& [version, file] : versions) {
    entries.push_back({name, std::to_string(version), file, card});
  }
  return {};
}

Result<std::string> Sha256File(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  Sha256 sha;
  std::vector<char> chunk(kChunkBytes);
  while (stream) {
    stream.read(chunk.data(), static_cast<std::streamsize>(chunk.size()));
    const auto read = static_cast<std::size_t>(stream.gcount());
    sha.Update(std::as_bytes(std::span(chunk)).first(read));
  }
  if (stream.eof()) return sha.Finish();
  return Fail(NotFound(fmt::format("read {}: cannot be read; check who may", file.string())));
}

}  // namespace

Result<std::vector<RepositoryEntry>> ScanRepository(const fs::path& folder) {
  const std::map<std::string, fs::path> folders = TRY(Folders(folder));
  std::vector<RepositoryEntry> entries;
  for (const auto& [name, path] : folders) {
    TRY(AddModel(name, path, entries));
  }
  if (!entries.empty()) return entries;
  return Fail(Missing(folder, "holds no model; put one at <name>/<version>/model.onnx"));
}

Result<void> CheckChecksum(const RepositoryEntry& entry) {
  if (!entry.card || entry.card->sha256.empty()) return {};
  // The card lies beside the version folders.
  const fs::path named = entry.file.parent_path().parent_path() / entry.card->file;
  if (named.lexically_normal() != entry.file.lexically_normal()) return {};
  const std::string sha256 = TRY(Sha256File(entry.file));
  if (sha256 == entry.card->sha256) return {};
  return Fail(InvalidArgument(fmt::format(
      "check {}: its SHA-256 is {}, its card says {}; import the model again or mend the card",
      entry.file.string(), sha256, entry.card->sha256)));
}

}  // namespace perigee::serving
