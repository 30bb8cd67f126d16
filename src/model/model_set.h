// The models that a node offers: by name, then version. Filled at start by wiring; afterwards
// immutable, so any thread may look. Owns the models.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/model.h"

namespace perigee::model {

class ModelSet {
 public:
  // InvalidArgument if name and version are taken.
  Result<void> Add(std::unique_ptr<Model> model);
  // `model` answers at `name` whatever version is asked for (the first release's phone asks for
  // versions that never existed here).
  Result<void> AddAtAnyVersion(std::unique_ptr<Model> model);

  // The version asked for, the newest if `version` is empty. NotFound in one sentence.
  Result<Model*> Find(std::string_view name, std::string_view version) const;
  // Versions of a name, oldest first; empty if unknown.
  std::vector<std::string> Versions(std::string_view name) const;
  // Every model, by name, then version.
  std::vector<Model*> All() const;

 private:
  struct Entry {
    bool any_version = false;
    std::map<int, std::unique_ptr<Model>> versions;
  };
  Result<void> Insert(std::unique_ptr<Model> model, bool any_version);

  std::map<std::string, Entry, std::less<>> entries_;
};

}  // namespace perigee::model
