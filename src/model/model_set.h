// The models that a node offers now: by name, then version. Models come and go while requests are
// under way; whoever found one keeps it until the request is done.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/model.h"

namespace perigee::model {

// 0 unless the text is a version: a whole number from 1, without leading zeros.
int VersionNumber(std::string_view text);

// Thread-safe.
class ModelSet {
 public:
  // InvalidArgument if name and version are taken, or are no name and version.
  Result<void> Add(SharedModel model);
  // `model` answers at `name` whatever version is asked for (the first release's phone asks for
  // versions that never existed here). In place of the one before.
  Result<void> PutAtAnyVersion(SharedModel model);
  // In place of that version, if there is one.
  Result<void> Put(SharedModel model);
  // False if there was none.
  bool Remove(std::string_view name, std::string_view version);
  // What answers to `name` when no version is asked for (a canary, a choice of variants); null:
  // the newest version again. NotFound if there is no version of that name.
  Result<void> Route(std::string_view name, SharedModel router);

  // The version asked for; if `version` is empty the router, or else the newest. NotFound in one
  // sentence.
  Result<SharedModel> Find(std::string_view name, std::string_view version) const;
  // Versions of a name, oldest first; empty if unknown.
  std::vector<std::string> Versions(std::string_view name) const;
  // Every version of every model, by name, then version; no routers.
  std::vector<SharedModel> All() const;

 private:
  struct Entry {
    bool any_version = false;
    std::map<int, SharedModel> versions;  // never empty
    SharedModel router;                   // may be null
  };
  enum class Conflict { kRefuse, kReplace };
  Result<void> Insert(SharedModel model, bool any_version, Conflict conflict);
  std::vector<std::string> VersionsLocked(std::string_view name) const;

  mutable std::mutex mutex_;
  std::map<std::string, Entry, std::less<>> entries_;  // guarded by mutex_
};

}  // namespace perigee::model
