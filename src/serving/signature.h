// What a model file says about its inputs and outputs, against what its card says. Pure.
#pragma once

#include <vector>

#include "base/result.h"
#include "model/model.h"
#include "serving/backend.h"

namespace perigee::serving {

// Fills what `description` leaves open from `session`; InvalidArgument, naming both, if the two
// contradict each other. Outputs are put into the session's order. A card may be narrower than the
// file (a size where the file says any), never wider.
Result<void> Reconcile(model::Description& description, const Session& session);

// Is the first dimension of every input and output open, so that it can be a batch?
bool CanBatch(const model::Description& description);

}  // namespace perigee::serving
