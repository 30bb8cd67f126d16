// One loaded ONNX model. Made by Backend, run by one serving::Instance.
#pragma once

#include <onnxruntime_cxx_api.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/onnxruntime/values.h"
#include "base/result.h"
#include "model/model.h"
#include "serving/backend.h"

namespace perigee::onnxruntime {

// The first line of a library's message, cut where it gets long: errors are one sentence.
std::string FirstLine(std::string_view text);

// Not thread-safe: one run at a time.
class Session final : public serving::Session {
 public:
  // InvalidArgument if an input or output is of a kind that has no tensor::DType. May throw
  // Ort::Exception.
  static Result<std::unique_ptr<serving::Session>> Open(Ort::Session session);

  const std::vector<model::TensorSpec>& inputs() const override { return inputs_; }
  const std::vector<model::TensorSpec>& outputs() const override { return outputs_; }
  Result<model::Tensors> Run(const model::Tensors& batch, std::stop_token stop) override;

 private:
  Session(Ort::Session session, std::vector<model::TensorSpec> inputs,
          std::vector<model::TensorSpec> outputs);
  Result<void> Feed(const model::Tensors& batch);
  Result<model::Tensors> Collect(const std::vector<Ort::Value>& values) const;

  Ort::Session session_;
  Ort::RunOptions run_options_;
  const std::vector<model::TensorSpec> inputs_;
  const std::vector<model::TensorSpec> outputs_;
  std::vector<const char*> input_names_;   // of inputs_
  std::vector<const char*> output_names_;  // of outputs_
  // Of the run in progress; kept for their memory.
  std::vector<Ort::Value> fed_;
  std::vector<AlignedBytes> aligned_;  // one for each input
};

}  // namespace perigee::onnxruntime
