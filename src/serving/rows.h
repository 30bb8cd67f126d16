// The rows of many requests as one batch, and the rows of its outputs back to each. Pure.
#pragma once

#include <cstddef>
#include <vector>

#include "base/result.h"
#include "model/model.h"
#include "serving/request.h"

namespace perigee::serving {

// Not thread-safe: one for each instance.
class RowBuffer {
 public:
  // The requests' inputs, row under row, by `specs`. The tensors borrow this buffer until the next
  // call. Internal if two requests' rows differ in shape.
  Result<model::Tensors> Gather(const Batch& batch, const std::vector<model::TensorSpec>& specs);
  // A copy of one request's inputs. The tensors borrow this buffer until the next call.
  model::Tensors Copy(const model::Tensors& inputs);

 private:
  Result<model::NamedTensor> GatherInput(const Batch& batch, const model::TensorSpec& spec,
                                         std::vector<std::byte>& buffer);

  std::vector<std::vector<std::byte>> buffers_;  // one for each input, reused
};

// Cuts `outputs`, each [batch.rows, ...], into the requests' answers, in order.
Result<void> Scatter(const model::Tensors& outputs, Batch& batch);

// Internal unless `outputs` are those of `specs`, in that order; if `rows` > 0, each of so many.
Result<void> CheckOutputs(const model::Tensors& outputs,
                          const std::vector<model::TensorSpec>& specs, int rows);

}  // namespace perigee::serving
