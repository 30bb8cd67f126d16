// The values of wire/infer.h <-> ModelInferRequest and ModelInferResponse, client's side. Pure;
// any thread.
#pragma once

#include "base/result.h"
#include "inference.pb.h"
#include "wire/infer.h"

namespace perigee::grpc_client {

// Replaces what `message` held and reuses its memory.
void EncodeInfer(const wire::InferRequest& request, inference::ModelInferRequest& message);

// Internal in one sentence for an answer that breaks the protocol; Unimplemented for typed
// contents, which no server known sends to a request without them.
Result<wire::InferResponse> DecodeInfer(const inference::ModelInferResponse& message);

}  // namespace perigee::grpc_client
