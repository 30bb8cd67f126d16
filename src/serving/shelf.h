// What the repository knows of one model: its versions, loaded or refused, and its canary. Plain
// values; LiveRepository guards them.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

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
  std::string reason;               // of a model of which no version could even be looked at
  std::optional<model::Card> card;  // of what is loaded
  std::string seen;                 // stamps at the last look at the folder
  std::string tried;                // stamps that the last load tried, whatever came of it
  std::shared_ptr<const CanaryModel> canary;        // running
  std::optional<model::CanaryStatus> canary_ended;  // how the last one did
};

model::ModelStatus StatusOf(const std::string& name, const Shelf& shelf);
bool IsLoaded(const Shelf& shelf);
// The newest version that is loaded, other than `but`; null if there is none.
model::SharedModel NewestLoaded(const Shelf& shelf, const std::string& but);

}  // namespace perigee::serving
