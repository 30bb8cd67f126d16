// Measured profiles in a folder, so that a node that starts again knows at once what its models
// take. One small file for each model, runtime and CPU; what cannot be read was never there.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "serving/service_profile.h"

namespace perigee::serving {

// What a measurement depends on.
struct ProfileKey {
  std::string model_sha256;
  std::string runtime;  // name and version
  std::string cpu;      // the model's name, and how many
  int threads = 1;
  int rows_max = 1;
};

// Immutable; several processes may share a folder.
class ProfileCache {
 public:
  explicit ProfileCache(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // NotFound if there is none, InvalidArgument if the file is none of ours.
  Result<std::vector<ProfilePoint>> Read(const ProfileKey& key) const;
  // Makes the folder; takes out the oldest files beyond kProfileFilesMax. Unavailable says why the
  // folder cannot be written.
  Result<void> Write(const ProfileKey& key, const std::vector<ProfilePoint>& points) const;

 private:
  std::filesystem::path FileOf(const ProfileKey& key) const;
  void RemoveOldest() const;

  const std::filesystem::path folder_;
};

inline constexpr std::size_t kProfileFilesMax = 256;

// "perigee profile 1", then a line "rows median_ns p95_ns" for each point, by rising rows.
std::string WriteProfile(const std::vector<ProfilePoint>& points);
// InvalidArgument names the line and what is wrong with it.
Result<std::vector<ProfilePoint>> ParseProfile(std::string_view text);

// "AMD EPYC 7763 64-Core Processor x 4"; "unknown x 4" where the system does not tell.
std::string CpuName();

}  // namespace perigee::serving
