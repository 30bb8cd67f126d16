// The parts of a model card that say how it is served: the table [serving] and the golden vectors
// [[golden]]. Pure; called by the card's reader.
#pragma once

#include <vector>

#include "base/result.h"
#include "model/card_scope.h"
#include "model/golden.h"
#include "model/serving_table.h"

namespace perigee::model {

// `card` is the card's root. InvalidArgument names the key; an unknown key is one too, because a
// wish that nobody reads would look granted.
Result<ServingTable> ReadServing(const CardScope& card);
Result<std::vector<Golden>> ReadGolden(const CardScope& card);

}  // namespace perigee::model
