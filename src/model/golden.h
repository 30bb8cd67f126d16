// Golden vectors: inputs that anyone can make again, and what the model must answer to them. A
// version that answers otherwise does not take traffic. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/model.h"
#include "tensor/tensor.h"

namespace perigee::model {

struct GoldenInput {
  std::string name;
  tensor::Shape shape;  // no open dimension
};

struct GoldenOutput {
  std::string name;
  std::vector<double> values;      // row-major; compared to within `tolerance`
  std::vector<std::string> texts;  // of a BYTES output instead; compared exactly
};

struct Golden {
  enum class Fill { kZero, kRandom };
  int version = 0;  // that it belongs to; 0: to every version
  Fill fill = Fill::kZero;
  std::uint64_t seed = 0;
  std::vector<GoldenInput> inputs;  // those not named have their own shape, open dimensions as 1
  std::vector<GoldenOutput> outputs;
  double tolerance = 1e-3;
};

// The inputs that `golden` means, for a model with these specs. The numbers of kRandom come from
// splitmix64 seeded with `seed`, one draw an element, input after input in the order of `specs`:
// integers and booleans are the draw's lowest bytes (booleans the lowest bit), FP32 and FP64 are
// (draw >> 40) / 2^24, in [0, 1). BYTES elements are the decimal text of draw % 100; of kZero "0".
// InvalidArgument for a shape that does not fit, is too large, or a dtype that has no numbers here.
Result<Tensors> GoldenInputs(const Golden& golden, const std::vector<TensorSpec>& specs);

// InvalidArgument, naming output, index and both numbers, unless `outputs` are the ones expected.
Result<void> CheckGolden(const Golden& golden, const Tensors& outputs);

// The element at `index` as a double; integers beyond 2^53 are rounded. NaN of BYTES.
double NumberAt(const tensor::Tensor& tensor, std::size_t index);

}  // namespace perigee::model
