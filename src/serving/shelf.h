// What the repository knows of one model: its versions, loaded or refused, and its canary. Plain
// values; LiveRepository guards them.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/card.h"
#include "model/model.h"
#include "model/repository.h"
#include "serving/canary.h"

namespace perigee::serving {

struct Shelf {
  struct Version {
    model::SharedModel model;  // null: not loaded
    std::string stamp;         // of the files that `model` came from
    model::ModelState state = model::ModelState::kUnavailable;
    std::string reason;
  };
  std::map<int, Version> versions;
  std::string reason;               // why the model's folder could not be read; or empty
  std::optional<model::Card> card;  // of what is loaded
  std::string seen;                 // stamps at the last look at the folder
  std::string tried;                // stamps that the last load tried, whatever came of it
  std::shared_ptr<const CanaryModel> canary;        // running
  int canary_serial = 0;                            // of the last one that was started
  std::optional<model::CanaryStatus> canary_ended;  // how the last one did
  std::vector<std::string> variants;                // that answer to its name besides; by accuracy
  std::string variant_of;                           // whose variant it is; empty: nobody's
};
using Shelves = std::map<std::string, Shelf, std::less<>>;

// `unreadable`: why the folder of all models could not be read; or empty.
model::ModelStatus StatusOf(const std::string& name, const Shelf& shelf,
                            const std::string& unreadable);
bool IsLoaded(const Shelf& shelf);
// The newest version that is loaded, other than `but`; null if there is none.
model::SharedModel NewestLoaded(const Shelf& shelf, const std::string& but);
// From now on these, and no others, are the variants of `name`.
void SetVariants(Shelves& shelves, const std::string& name, std::vector<std::string> variants);

}  // namespace perigee::serving
