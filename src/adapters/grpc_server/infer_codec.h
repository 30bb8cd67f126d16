// ModelInferRequest and ModelInferResponse <-> the values of wire/infer.h. Pure; any thread.
#pragma once

#include "base/result.h"
#include "inference.pb.h"
#include "wire/infer.h"

namespace perigee::grpc_server {

inline constexpr int kTensorsMax = 256;    // inputs, and outputs, of one request
inline constexpr int kRankMax = 16;        // dimensions of one tensor
inline constexpr int kParametersMax = 64;  // of a request, an input or an output

// The tensors borrow the message's bytes wherever it holds them as a tensor does; it must outlive
// the request. InvalidArgument in one sentence for anything malformed; Unimplemented for shared
// memory. Whether the inputs fit the model is not looked at here (model::CheckInputs does).
Result<wire::InferRequest> DecodeInfer(const inference::ModelInferRequest& message);

// Outputs go raw, whichever form the inputs came in: every client reads that.
void EncodeInfer(const wire::InferResponse& response, inference::ModelInferResponse& message);

}  // namespace perigee::grpc_server
