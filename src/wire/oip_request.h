// The infer request of the Open Inference Protocol, REST form: JSON, JSON followed by binary
// tensors (extension_binary_data.md), or one raw binary tensor. Body bytes in, InferRequest out.
// Pure; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "base/result.h"
#include "model/model.h"
#include "wire/infer.h"

namespace perigee::wire {

// `json_length` is the header Inference-Header-Content-Length: unset, the body is all JSON; 0, the
// body is the model's single input and everything comes back binary. Binary tensors borrow `body`
// (copied only where misaligned for their dtype), so it must outlive the request. model_name and
// model_version stay empty: they are in the path. Whether the inputs fit the model is not looked
// at here (model::CheckInputs does).
// InvalidArgument in one sentence for anything malformed; Unimplemented for shared memory.
Result<InferRequest> ParseInferRequest(std::span<const std::byte> body,
                                       std::optional<std::size_t> json_length,
                                       const model::Description& description);

}  // namespace perigee::wire
