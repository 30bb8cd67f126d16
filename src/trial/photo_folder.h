// A user's labelled photographs: FOLDER/<label>/*.{jpg,jpeg,png,webp}. Reads names only. Any
// thread.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace perigee::trial {

inline constexpr std::size_t kPhotosMax = 1'000'000;

struct LabelledPhoto {
  std::filesystem::path path;
  std::size_t label = 0;  // index into the classifier's labels
};

// The label that `name` means, without regard to case and by usual synonyms ("anger" is "angry").
std::optional<std::size_t> FindLabel(std::string_view name, const std::vector<std::string>& labels);

// Sorted by path. Hidden files and folders, loose files and other extensions are passed over.
// NotFound: no such folder. InvalidArgument: a sub-folder that is no label, or no photograph at
// all.
Result<std::vector<LabelledPhoto>> FindPhotos(const std::filesystem::path& folder,
                                              const std::vector<std::string>& labels);

}  // namespace perigee::trial
