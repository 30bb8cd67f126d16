// Triton's config.pbtxt: the part of its ModelConfig that means something here, read into values.
// What would change the answers and cannot be done is refused in one sentence; what would only
// tune another server is passed over and named in `notes`. Pure; any thread.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/model.h"
#include "model/serving_table.h"

namespace perigee::model {

struct ModelConfig {
  std::string name;  // empty: as the folder
  std::string file = "model.onnx";
  // With the batch dimension, -1, before the dims where max_batch_size > 0.
  std::vector<TensorSpec> inputs;
  std::vector<TensorSpec> outputs;
  ServingTable serving;
  std::vector<std::string> notes;  // fields that were passed over
};

// InvalidArgument or Unimplemented: "read model configuration ORIGIN: line 3: ...".
Result<ModelConfig> ParseModelConfig(std::string_view pbtxt, std::string_view origin);
Result<ModelConfig> ReadModelConfig(const std::filesystem::path& path);

}  // namespace perigee::model
