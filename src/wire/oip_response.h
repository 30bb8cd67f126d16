// The infer answer of the Open Inference Protocol as a server writes it, and the client's side of
// the same exchange: the request written, the answer read. Pure; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "base/result.h"
#include "wire/infer.h"

namespace perigee::wire {

struct EncodedBody {
  std::string body;
  // The value for the header Inference-Header-Content-Length, whose content type is
  // application/octet-stream. Unset: the body is all JSON.
  std::optional<std::size_t> json_length;
};

// Which outputs are binary follows the request: each output's binary_data, else binary_output.
// In JSON, floats have the shortest digits that read back the same, NaN and infinities are null,
// FP16 and BF16 are numbers. InvalidArgument for BYTES that are not UTF-8 and asked for as JSON.
Result<EncodedBody> WriteInferResponse(const InferResponse& response, const InferRequest& request);

// Inputs binary; outputs as the request says.
EncodedBody WriteInferRequest(const InferRequest& request);

// Either form. The tensors own their bytes.
Result<InferResponse> ParseInferResponse(std::span<const std::byte> body,
                                         std::optional<std::size_t> json_length);

}  // namespace perigee::wire
