#include "trial/process_usage.h"

#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <ctime>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>

namespace perigee::trial {
namespace {

std::optional<std::string> ReadWhole(const std::string& path) {
  std::ifstream file(path);
  if (!file) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

// The field at `index`, counting from zero, of a line of fields separated by single spaces.
std::optional<std::uint64_t> NumberField(std::string_view line, int index) {
  for (int i = 0; i < index; ++i) {
    const std::size_t space = line.find(' ');
    if (space == std::string_view::npos) return std::nullopt;
    line.remove_prefix(space + 1);
  }
  std::uint64_t number = 0;
  const auto parsed = std::from_chars(line.data(), line.data() + line.size(), number);
  return parsed.ec == std::errc() ? std::optional(number) : std::nullopt;
}

}  // namespace

Result<std::uint64_t> ParseCpuTicks(std::string_view stat) {
  // The second field is the program's name in parentheses and may itself hold spaces and ")".
  const std::size_t name_end = stat.rfind(") ");
  if (name_end == std::string_view::npos) {
    return Fail(Internal("read process usage: no name in its stat line"));
  }
  const std::string_view fields = stat.substr(name_end + 2);  // from the third field on
  const auto user = NumberField(fields, 11);
  const auto system = NumberField(fields, 12);
  if (!user || !system) {
    return Fail(Internal("read process usage: no processor times in its stat line"));
  }
  return *user + *system;
}

Result<ProcessUsage> ReadProcessUsage(int pid) {
  const auto stat = ReadWhole(fmt::format("/proc/{}/stat", pid));
  const auto statm = ReadWhole(fmt::format("/proc/{}/statm", pid));
  if (!stat || !statm || stat->empty()) {
    return Fail(NotFound(fmt::format("read process usage: no process {}", pid)));
  }
  const std::uint64_t ticks = TRY(ParseCpuTicks(*stat));
  ProcessUsage usage;
  usage.cpu = std::chrono::nanoseconds(std::chrono::seconds(1)) * ticks / sysconf(_SC_CLK_TCK);
  usage.resident_bytes = NumberField(*statm, 1).value_or(0) * sysconf(_SC_PAGESIZE);
  return usage;
}

Duration OwnCpuTime() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace perigee::trial
