// Inference requests and answers as values: what the REST, binary and gRPC forms of the Open
// Inference Protocol have in common. Source: kserve/open-inference-protocol inference_rest.md,
// inference_grpc.md; Triton's extension_binary_data.md, extension_classification.md.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "model/model.h"

namespace perigee::wire {

using Parameter = std::variant<bool, std::int64_t, double, std::string>;
using Parameters = std::map<std::string, Parameter, std::less<>>;

struct RequestedOutput {
  std::string name;
  std::optional<bool> binary_data;  // REST only; unset: the request's default
  int classification = 0;           // > 0: the top n as BYTES "score:index[:label]"
};

struct InferRequest {
  std::string model_name;     // from the path or the message
  std::string model_version;  // empty: newest
  std::string id;             // echoed
  Parameters parameters;
  model::Tensors inputs;                 // may borrow the body's bytes
  std::vector<RequestedOutput> outputs;  // empty: all
  bool binary_output = false;            // REST: default for outputs that do not say
};

struct InferResponse {
  std::string model_name;
  std::string model_version;
  std::string id;
  model::Tensors outputs;  // classification already applied
};

// Picks the outputs that were asked for, in that order, and applies classification with the
// labels of `description`. InvalidArgument for an output that the model has not.
Result<InferResponse> ToResponse(const InferRequest& request, const model::Description& description,
                                 model::Tensors outputs);

}  // namespace perigee::wire
