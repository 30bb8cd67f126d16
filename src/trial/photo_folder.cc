#include "trial/photo_folder.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <system_error>
#include <utility>

namespace perigee::trial {
namespace {

namespace fs = std::filesystem;

// Nouns of the data sets in use, and the adjectives that classifiers answer with.
constexpr std::array kSynonyms = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"anger", "angry"},
    {"disgust", "disgusted"},
    {"fear", "fearful"},
    {"happiness", "happy"},
    {"sadness", "sad"},
    {"surprise", "surprised"},
});

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

std::string Canonical(std::string_view name) {
  std::string lower = Lower(name);
  for (const auto& [noun, adjective] : kSynonyms) {
    if (lower == noun) return std::string(adjective);
  }
  return lower;
}

bool IsHidden(const fs::path& path) { return path.filename().string().starts_with('.'); }

bool IsPhoto(const fs::directory_entry& entry) {
  const std::string extension = Lower(entry.path().extension().string());
  constexpr std::array kExtensions = {".jpg", ".jpeg", ".png", ".webp"};
  std::error_code ignored;  // what cannot be looked at is no regular file
  return std::ranges::find(kExtensions, extension) != kExtensions.end() &&
         !IsHidden(entry.path()) && entry.is_regular_file(ignored);
}

// Every entry, in the order of names, which no two runs may see differently.
Result<std::vector<fs::directory_entry>> List(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::directory_entry> entries;
  for (fs::directory_iterator it(folder, error); !error && it != fs::directory_iterator();
       it.increment(error)) {
    if (entries.size() == kPhotosMax) {
      return Fail(
          InvalidArgument(fmt::format("list {}: more than {} files", folder.string(), kPhotosMax)));
    }
    entries.push_back(*it);
  }
  if (error) {
    return Fail(NotFound(fmt::format("list {}: {}", folder.string(), error.message())));
  }
  std::ranges::sort(entries);
  return entries;
}

Result<void> AddPhotos(const fs::path& folder, std::size_t label,
                       std::vector<LabelledPhoto>& photos) {
  const std::vector<fs::directory_entry> entries = TRY(List(folder));
  for (const fs::directory_entry& entry : entries) {
    if (IsPhoto(entry)) photos.push_back({entry.path(), label});
  }
  if (photos.size() > kPhotosMax) {
    return Fail(InvalidArgument(
        fmt::format("list {}: more than {} photographs", folder.string(), kPhotosMax)));
  }
  return {};
}

}  // namespace

std::optional<std::size_t> FindLabel(std::string_view name,
                                     const std::vector<std::string>& labels) {
  const std::string wanted = Canonical(name);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (Canonical(labels[i]) == wanted) return i;
  }
  return std::nullopt;
}

Result<std::vector<LabelledPhoto>> FindPhotos(const fs::path& folder,
                                              const std::vector<std::string>& labels) {
  const std::vector<fs::directory_entry> entries = TRY(List(folder));
  std::vector<LabelledPhoto> photos;
  for (const fs::directory_entry& entry : entries) {
    std::error_code ignored;
    if (IsHidden(entry.path()) || !entry.is_directory(ignored)) continue;
    const std::string name = entry.path().filename().string();
    const std::optional<std::size_t> label = FindLabel(name, labels);
    if (!label) {
      return Fail(InvalidArgument(fmt::format("read labels of {}: folder {} is none of {}",
                                              folder.string(), name, fmt::join(labels, ", "))));
    }
    TRY(AddPhotos(entry.path(), *label, photos));
  }
  if (photos.empty()) {
    return Fail(InvalidArgument(
        fmt::format("read labels of {}: no <label>/*.jpg, .jpeg, .png or .webp; labels are {}",
                    folder.string(), fmt::join(labels, ", "))));
  }
  return photos;
}

}  // namespace perigee::trial
