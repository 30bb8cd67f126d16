#include "model/model_set.h"

#include <fmt/format.h>

#include <charconv>
#include <iterator>
#include <utility>

namespace perigee::model {
namespace {

std::string Join(const std::vector<std::string>& texts) {
  return fmt::format("{}", fmt::join(texts, ", "));
}

}  // namespace

int VersionNumber(std::string_view text) {
  int version = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), version);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && version > 0 && text.front() != '0' ? version : 0;
}

Result<void> ModelSet::Add(SharedModel model) {
  return Insert(std::move(model), false, Conflict::kRefuse);
}

Result<void> ModelSet::Put(SharedModel model) {
  return Insert(std::move(model), false, Conflict::kReplace);
}

Result<void> ModelSet::PutAtAnyVersion(SharedModel model) {
  return Insert(std::move(model), true, Conflict::kReplace);
}

Result<void> ModelSet::Insert(SharedModel model, bool any_version, Conflict conflict) {
  const Description& description = model->description();
  const std::string attempt =
      fmt::format("add model {} version {}", description.name, description.version);
  const int version = VersionNumber(description.version);
  if (description.name.empty() || version == 0) {
    return Fail(InvalidArgument(attempt + ": needs a name and a whole number from 1"));
  }
  SharedModel replaced;  // ends after the lock
  const std::scoped_lock lock(mutex_);
  const auto found = entries_.find(description.name);
  if (found != entries_.end() &&
      (any_version != found->second.any_version ||
       (conflict == Conflict::kRefuse && found->second.versions.contains(version)))) {
    return Fail(InvalidArgument(attempt + ": there is one already"));
  }
  Entry& entry = entries_[description.name];
  entry.any_version = any_version;
  replaced = std::exchange(entry.versions[version], std::move(model));
  return {};
}

bool ModelSet::Remove(std::string_view name, std::string_view version) {
  SharedModel removed;  // they end after the lock
  SharedModel router;
  const std::scoped_lock lock(mutex_);
  const auto found = entries_.find(name);
  if (found == entries_.end()) return false;
  const auto wanted = found->second.versions.find(VersionNumber(version));
  if (wanted == found->second.versions.end()) return false;
  removed = std::move(wanted->second);
  found->second.versions.erase(wanted);
  if (!found->second.versions.empty()) return true;
  router = std::move(found->second.router);
  entries_.erase(found);
  return true;
}

Result<void> ModelSet::Route(std::string_view name, SharedModel router) {
  SharedModel replaced = std::move(router);  // what it becomes ends after the lock
  const std::scoped_lock lock(mutex_);
  const auto found = entries_.find(name);
  if (found == entries_.end()) {
    return Fail(NotFound(fmt::format("route model {}: no version of it is loaded", name)));
  }
  std::swap(found->second.router, replaced);
  return {};
}

Result<SharedModel> ModelSet::Find(std::string_view name, std::string_view version) const {
  const std::scoped_lock lock(mutex_);
  const auto found = entries_.find(name);
  if (found == entries_.end()) {
    return Fail(NotFound(fmt::format("find model {}: this node has no model of that name", name)));
  }
  const Entry& entry = found->second;
  if (version.empty() || entry.any_version) {
    return entry.router != nullptr ? entry.router : std::prev(entry.versions.end())->second;
  }
  const auto wanted = entry.versions.find(VersionNumber(version));
  if (wanted != entry.versions.end()) return wanted->second;
  return Fail(NotFound(fmt::format("find model {} version {}: this node has version {}", name,
                                   version, Join(VersionsLocked(name)))));
}

std::vector<std::string> ModelSet::Versions(std::string_view name) const {
  const std::scoped_lock lock(mutex_);
  return VersionsLocked(name);
}

std::vector<std::string> ModelSet::VersionsLocked(std::string_view name) const {
  std::vector<std::string> versions;
  const auto found = entries_.find(name);
  if (found == entries_.end()) return versions;
  for (const auto& [version, model] : found->second.versions) {
    versions.push_back(std::to_string(version));
  }
  return versions;
}

std::vector<SharedModel> ModelSet::All() const {
  const std::scoped_lock lock(mutex_);
  std::vector<SharedModel> all;
  for (const auto& [name, entry] : entries_) {
    for (const auto& [version, model] : entry.versions) all.push_back(model);
  }
  return all;
}

}  // namespace perigee::model
