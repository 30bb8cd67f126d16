// Settings from one typed table of keys: file (YAML), then environment, then flags, the later
// winning. The same table gives help texts and docs/configuration.md, and an unknown key is an
// error with a suggestion. Not thread-safe to fill; safe to read.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace perigee::runtime {

struct ConfigKey {
  enum class Type { kText, kInteger, kSwitch };
  std::string_view name;  // "http.port": section and key of the file
  Type type = Type::kText;
  std::string_view fallback;
  std::string_view summary;  // one sentence, with unit and meaning of special values
  long minimum = 0;          // of an integer
  long maximum = 0;
};

std::string FlagName(const ConfigKey& key);         // "--http-port"
std::string EnvironmentName(const ConfigKey& key);  // "PERIGEE_HTTP_PORT"

class Config {
 public:
  using Lookup = std::function<std::optional<std::string>(const std::string& name)>;

  // `keys` outlive the Config.
  explicit Config(std::span<const ConfigKey> keys);

  // NotFound: no such file. InvalidArgument names file, key and what is wrong.
  Result<void> ReadFile(const std::filesystem::path& path);
  Result<void> ReadText(const std::string& yaml, std::string_view origin);
  Result<void> ReadEnvironment(const Lookup& lookup);
  // `origin` is told in errors: "flag --http-port".
  Result<void> Set(std::string_view name, std::string_view value, std::string_view origin);

  // CHECKs that the table has the key with that type.
  const std::string& Text(std::string_view name) const;
  long Integer(std::string_view name) const;
  bool Switch(std::string_view name) const;

 private:
  const ConfigKey* FindKey(std::string_view name) const;
  std::string Suggestion(std::string_view name) const;

  std::span<const ConfigKey> keys_;
  std::map<std::string, std::string, std::less<>> values_;
};

// The table as Markdown: key, flag, variable, default, meaning.
std::string ConfigMarkdown(std::span<const ConfigKey> keys);

}  // namespace perigee::runtime
