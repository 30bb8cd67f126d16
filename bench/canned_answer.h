// The answer of every floor under gRPC numbers: the same bytes each time, as many as `emotion`
// answers.
#pragma once

#include <array>
#include <string>

#include "inference.pb.h"

namespace perigee::bench {

// A ModelInferResponse, serialised.
inline std::string CannedAnswer() {
  inference::ModelInferResponse answer;
  answer.set_model_name("emotion");
  answer.set_model_version("1");
  auto& output = *answer.add_outputs();
  output.set_name("probabilities");
  output.set_datatype("FP32");
  output.add_shape(1);
  output.add_shape(7);
  const std::array<float, 7> probabilities{};
  answer.add_raw_output_contents(
      std::string(reinterpret_cast<const char*>(probabilities.data()), sizeof(probabilities)));
  return answer.SerializeAsString();
}

}  // namespace perigee::bench
