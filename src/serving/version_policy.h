// Which versions of a model are offered, of those that its folder has. Pure.
#pragma once

#include <vector>

#include "base/result.h"
#include "model/serving_table.h"

namespace perigee::serving {

// `found` and the answer are in rising order. NotFound if a version that the policy names is not
// there, or none is.
Result<std::vector<int>> ChooseVersions(const std::vector<int>& found,
                                        const model::VersionPolicy& policy);

}  // namespace perigee::serving
