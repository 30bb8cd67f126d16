#include "model/model_set.h"

#include <fmt/format.h>

#include <charconv>
#include <iterator>
#include <utility>

namespace perigee::model {
namespace {

// 0 if the text is no version number.
int ParseVersion(std::string_view text) {
  int version = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), version);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && version > 0 && text.front() != '0' ? version : 0;
}

std::string Join(const std::vector<std::string>& texts) {
  return fmt::format("{}", fmt::join(texts, ", "));
}

}  // namespace

Result<void> ModelSet::Add(std::unique_ptr<Model> model) { return Insert(std::move(model), false); }

Result<void> ModelSet::AddAtAnyVersion(std::unique_ptr<Model> model) {
  return Insert(std::move(model), true);
}

Result<void> ModelSet::Insert(std::unique_ptr<Model> model, bool any_version) {
  const Description& description = model->description();
  const std::string attempt =
      fmt::format("add model {} version {}", description.name, description.version);
  const int version = ParseVersion(description.version);
  if (description.name.empty() || version == 0) {
    return Fail(InvalidArgument(attempt + ": needs a name and a whole number from 1"));
  }
  const auto found = entries_.find(description.name);
  if (found != entries_.end() &&
      (any_version || found->second.any_version || found->second.versions.contains(version))) {
    return Fail(InvalidArgument(attempt + ": there is one already"));
  }
  Entry& entry = entries_[description.name];
  entry.any_version = any_version;
  entry.versions.emplace(version, std::move(model));
  return {};
}

Result<Model*> ModelSet::Find(std::string_view name, std::string_view version) const {
  const auto found = entries_.find(name);
  if (found == entries_.end()) {
    return Fail(NotFound(fmt::format("find model {}: this node has no model of that name", name)));
  }
  const Entry& entry = found->second;
  if (version.empty() || entry.any_version) return std::prev(entry.versions.end())->second.get();
  const auto wanted = entry.versions.find(ParseVersion(version));
  if (wanted != entry.versions.end()) return wanted->second.get();
  return Fail(NotFound(fmt::format("find model {} version {}: this node has version {}", name,
                                   version, Join(Versions(name)))));
}

std::vector<std::string> ModelSet::Versions(std::string_view name) const {
  std::vector<std::string> versions;
  const auto found = entries_.find(name);
  if (found == entries_.end()) return versions;
  for (const auto& [version, model] : found->second.versions) {
    versions.push_back(std::to_string(version));
  }
  return versions;
}

std::vector<Model*> ModelSet::All() const {
  std::vector<Model*> all;
  for (const auto& [name, entry] : entries_) {
    for (const auto& [version, model] : entry.versions) all.push_back(model.get());
  }
  return all;
}

}  // namespace perigee::model
