// Which folder a live repository serves, and when it looks at it. Plain values.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "serving/served_model_options.h"

namespace perigee::serving {

struct LiveRepositoryOptions {
  enum class Control { kStart, kPoll, kExplicit };
  std::filesystem::path folder;
  ServedModelOptions serving;
  // kStart: everything is loaded by Start, which fails with the first model that cannot be. kPoll:
  // what can be loaded is, and the folder is watched. kExplicit: nothing until it is asked for.
  // Load and Unload work with all of them.
  Control control = Control::kStart;
  Duration poll_every = std::chrono::seconds(5);
  // After a model's versions or its route changed; on the repository's thread. An error is logged
  // and shown in the index: the model was changed all the same.
  std::function<Result<void>(const std::string& name)> changed;
};

}  // namespace perigee::serving
