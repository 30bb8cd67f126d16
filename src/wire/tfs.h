// TensorFlow Serving's REST API v1 (tensorflow.org/tfx/serving/api_rest), which the first
// release's phone speaks: predict bodies in, predictions, model status and metadata out.
// Pure; any thread.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/model.h"

namespace perigee::wire {

struct PredictRequest {
  bool row_format = true;      // "instances"; else "inputs", the column format
  std::string signature_name;  // "serving_default" unless said otherwise
  model::Tensors inputs;       // own their bytes
};

// Row format {"instances": [value or {name: value}, ...]}, column format {"inputs": value or
// {name: value}}; BYTES as strings or {"b64": "..."}. Takes dtypes from `description` and checks
// names and shapes against it. One instance whose batch dimension was left out is taken as a batch
// of one: the first release's phone sends its picture so.
Result<PredictRequest> ParsePredict(std::span<const std::byte> body,
                                    const model::Description& description);

// {"predictions": [...]}, a row each, or {"outputs": ...}; with several outputs, objects by name.
// BYTES that are not UTF-8 come out as {"b64": "..."}; NaN and infinities as null.
// InvalidArgument if row format was asked for and the outputs have no common first dimension.
Result<std::string> WritePredict(const PredictRequest& request, const model::Tensors& outputs);

struct VersionStatus {
  std::string version;
  bool available = true;
};
std::string ModelStatusJson(std::span<const VersionStatus> versions);
std::string TfsMetadataJson(const model::Description& description);

}  // namespace perigee::wire
