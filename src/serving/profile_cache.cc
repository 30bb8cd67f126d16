#include "serving/profile_cache.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <fstream>
#include <optional>
#include <span>
#include <system_error>
#include <thread>
#include <utility>

#include "base/sha256.h"

namespace perigee::serving {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kHead = "perigee profile 1";
constexpr std::string_view kSuffix = ".profile";
constexpr std::size_t kFileMax = std::size_t{64} << 10;  // bytes
constexpr std::size_t kPointsMax = 1024;
constexpr int kRowsMax = 1 << 20;
constexpr std::int64_t kNanosecondsMax = 3'600'000'000'000;  // an hour

Error Wrong(std::size_t line, std::string_view why) {
  return InvalidArgument(fmt::format("read profile: line {}: {}", line, why));
}

// Takes the next number off `text`; nothing unless it is one of 1 to `max`.
std::optional<std::int64_t> TakeNumber(std::string_view& text, std::int64_t max) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number < 1 || number > max) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (text.starts_with(' ')) text.remove_prefix(1);
  return number;
}

std::string_view TakeLine(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

Result<std::string> ReadSmallFile(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::string bytes(kFileMax + 1, '\0');
  stream.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!stream.eof()) return Fail(NotFound("read profile " + file.string() + ": there is none"));
  bytes.resize(static_cast<std::size_t>(stream.gcount()));
  return bytes;
}

}  // namespace

std::string WriteProfile(const std::vector<ProfilePoint>& points) {
  std::string text = std::string(kHead) + "\n";
  for (const ProfilePoint& point : points) {
    text += fmt::format("{} {} {}\n", point.rows, point.median.count(), point.p95.count());
  }
  return text;
}

Result<std::vector<ProfilePoint>> ParseProfile(std::string_view text) {
  if (text.size() > kFileMax) return Fail(Wrong(1, "the file is too long"));
  if (TakeLine(text) != kHead) return Fail(Wrong(1, "not a profile of this version"));
  std::vector<ProfilePoint> points;
  for (std::size_t number = 2; !text.empty(); ++number) {
    std::string_view line = TakeLine(text);
    const auto rows = TakeNumber(line, kRowsMax);
    const auto median = rows ? TakeNumber(line, kNanosecondsMax) : std::nullopt;
    const auto p95 = median ? TakeNumber(line, kNanosecondsMax) : std::nullopt;
    if (!p95 || !line.empty()) return Fail(Wrong(number, "not three numbers of their range"));
    if (!points.empty() && points.back().rows >= *rows) return Fail(Wrong(number, "rows fall"));
    if (points.size() >= kPointsMax) return Fail(Wrong(number, "too many points"));
    points.push_back({static_cast<int>(*rows), Duration(*median), Duration(*p95)});
  }
  if (points.empty()) return Fail(Wrong(2, "no points"));
  return points;
}

fs::path ProfileCache::FileOf(const ProfileKey& key) const {
  const std::string all = fmt::format("{}\n{}\n{}\n{}\n{}", key.model_sha256, key.runtime, key.cpu,
                                      key.threads, key.rows_max);
  Sha256 sha;
  sha.Update(std::as_bytes(std::span(all)));
  return folder_ / (sha.Finish() + std::string(kSuffix));
}

Result<std::vector<ProfilePoint>> ProfileCache::Read(const ProfileKey& key) const {
  const std::string text = TRY(ReadSmallFile(FileOf(key)));
  return ParseProfile(text);
}

Result<void> ProfileCache::Write(const ProfileKey& key,
                                 const std::vector<ProfilePoint>& points) const {
  std::error_code error;
  fs::create_directories(folder_, error);
  const fs::path file = FileOf(key);
  // Another process may write the same at the same time; a reader finds one of the two, whole.
  const fs::path fresh = fmt::format("{}.{}", file.string(), ::getpid());
  std::ofstream stream(fresh, std::ios::binary);
  stream << WriteProfile(points);
  stream.close();
  if (stream.good()) fs::rename(fresh, file, error);
  if (stream.good() && !error) {
    RemoveOldest();
    return {};
  }
  fs::remove(fresh, error);
  return Fail(
      Unavailable(fmt::format("write profile {}: the folder cannot be written; see "
                              "serving.profile_cache",
                              file.string())));
}

void ProfileCache::RemoveOldest() const {
  std::vector<std::pair<fs::file_time_type, fs::path>> files;
  std::error_code error;
  fs::directory_iterator entries(folder_, error);
  for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
    std::error_code gone;
    const fs::file_time_type written = fs::last_write_time(entries->path(), gone);
    if (!gone && entries->path().extension() == kSuffix)
      files.emplace_back(written, entries->path());
  }
  if (files.size() <= kProfileFilesMax) return;
  std::ranges::sort(files);
  files.resize(files.size() - kProfileFilesMax);
  for (const auto& [written, path] : files) fs::remove(path, error);
}

std::string CpuName() {
  std::ifstream stream("/proc/cpuinfo");
  std::string name = "unknown";
  std::string line;
  for (int lines = 0; lines < 64 && std::getline(stream, line); ++lines) {
    const std::size_t colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) {
      name = line.substr(colon + 2);
      break;
    }
  }
  return fmt::format("{} x {}", name, std::thread::hardware_concurrency());
}

}  // namespace perigee::serving
