#include "runtime/config.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <utility>

#include "base/check.h"

namespace perigee::runtime {
namespace {

constexpr std::size_t kFileMax = 1 << 20;
constexpr std::string_view kTrue = "true";
constexpr std::string_view kFalse = "false";

std::optional<long> ParseInteger(std::string_view text) {
  long value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Result<void> CheckValue(const ConfigKey& key, std::string_view value, std::string_view origin) {
  if (key.type == ConfigKey::Type::kSwitch && value != kTrue && value != kFalse) {
    return Fail(InvalidArgument(
        fmt::format("{}: {} must be true or false, not \"{}\"", origin, key.name, value)));
  }
  if (key.type != ConfigKey::Type::kInteger) return {};
  const std::optional<long> number = ParseInteger(value);
  if (number && *number >= key.minimum && *number <= key.maximum) return {};
  return Fail(InvalidArgument(fmt::format("{}: {} must be a whole number in {}..{}, not \"{}\"",
                                          origin, key.name, key.minimum, key.maximum, value)));
}

// Levenshtein distance, for "did you mean".
std::size_t Distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, substituted}));
    }
  }
  return row[b.size()];
}

// Sections nest one level deep in the file and become dotted names.
Result<void> SetFromYaml(Config& config, const YAML::Node& map, const std::string& prefix,
                         std::string_view origin) {
  for (const auto& entry : map) {
    if (!entry.first.IsScalar())
      return Fail(InvalidArgument(fmt::format("{}: a key is no text", origin)));
    const std::string name = prefix + entry.first.Scalar();
    if (entry.second.IsMap() && prefix.empty()) {
      TRY(SetFromYaml(config, entry.second, name + ".", origin));
    } else if (entry.second.IsScalar()) {
      TRY(config.Set(name, entry.second.Scalar(), origin));
    } else {
      return Fail(InvalidArgument(fmt::format("{}: {} must be a single value", origin, name)));
    }
  }
  return {};
}

}  // namespace

std::string FlagName(const ConfigKey& key) {
  std::string flag = "--" + std::string(key.name);
  std::ranges::replace(flag, '.', '-');
  std::ranges::replace(flag, '_', '-');
  return flag;
}

std::string EnvironmentName(const ConfigKey& key) {
  std::string name = "PERIGEE_" + std::string(key.name);
  std::ranges::replace(name, '.', '_');
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::toupper(c); });
  return name;
}

Config::Config(std::span<const ConfigKey> keys) : keys_(keys) {
  for (const ConfigKey& key : keys) values_.emplace(key.name, key.fallback);
}

const ConfigKey* Config::FindKey(std::string_view name) const {
  const auto found = std::ranges::find(keys_, name, &ConfigKey::name);
  return found == keys_.end() ? nullptr : &*found;
}

std::string Config::Suggestion(std::string_view name) const {
  const auto nearest = std::ranges::min_element(
      keys_, {}, [&](const ConfigKey& key) { return Distance(key.name, name); });
  return nearest == keys_.end() ? "" : std::string(nearest->name);
}

Result<void> Config::Set(std::string_view name, std::string_view value, std::string_view origin) {
  const ConfigKey* key = FindKey(name);
  if (key == nullptr) {
    return Fail(InvalidArgument(
        fmt::format("{}: unknown key {}, did you mean {}?", origin, name, Suggestion(name))));
  }
  TRY(CheckValue(*key, value, origin));
  values_.find(name)->second = value;
  return {};
}

Result<void> Config::ReadFile(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file)
    return Fail(NotFound(fmt::format("read configuration {}: cannot open", path.string())));
  std::string text(kFileMax + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > kFileMax) {
    return Fail(InvalidArgument(fmt::format("read configuration {}: over 1 MiB", path.string())));
  }
  return ReadText(text, "file " + path.string());
}

Result<void> Config::ReadText(const std::string& yaml, std::string_view origin) {
  try {
    const YAML::Node root = YAML::Load(yaml);
    if (root.IsNull()) return {};
    if (!root.IsMap()) return Fail(InvalidArgument(fmt::format("{}: not a map of keys", origin)));
    return SetFromYaml(*this, root, "", origin);
  } catch (const YAML::Exception& error) {
    return Fail(InvalidArgument(fmt::format("{}: {}", origin, error.what())));
  }
}

Result<void> Config::ReadEnvironment(const Lookup& lookup) {
  for (const ConfigKey& key : keys_) {
    const std::string name = EnvironmentName(key);
    const std::optional<std::string> value = lookup(name);
    if (value) TRY(Set(key.name, *value, "variable " + name));
  }
  return {};
}

const std::string& Config::Text(std::string_view name) const {
  const auto found = values_.find(name);
  CHECK(found != values_.end());
  return found->second;
}

long Config::Integer(std::string_view name) const {
  const std::optional<long> number = ParseInteger(Text(name));
  CHECK(number.has_value());
  return *number;
}

bool Config::Switch(std::string_view name) const { return Text(name) == kTrue; }

std::string ConfigMarkdown(std::span<const ConfigKey> keys) {
  std::string text = "| key | flag | variable | default | meaning |\n|---|---|---|---|---|\n";
  for (const ConfigKey& key : keys) {
    text += fmt::format("| `{}` | `{}` | `{}` | `{}` | {} |\n", key.name, FlagName(key),
                        EnvironmentName(key), key.fallback.empty() ? "none" : key.fallback,
                        key.summary);
  }
  return text;
}

}  // namespace perigee::runtime
