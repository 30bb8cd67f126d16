// serving::Backend by ONNX Runtime, on the CPU. Wiring makes one for the process.
#pragma once

#include <onnxruntime_cxx_api.h>

#include <filesystem>
#include <memory>
#include <string_view>

#include "base/result.h"
#include "serving/backend.h"

namespace perigee::onnxruntime {

// Takes the library's warnings and errors, one line each; called from any thread. A plain function,
// because the library keeps its first logger for as long as the process has any environment.
using LogLine = void (*)(std::string_view line);

// Thread-safe. Outlives its sessions.
class Backend final : public serving::Backend {
 public:
  // `log` may be null: nothing is printed either way. Internal if the library cannot be used.
  static Result<std::unique_ptr<Backend>> Create(LogLine log);

  std::string_view platform() const override { return "onnxruntime_onnx"; }
  std::string_view version() const override { return OrtGetApiBase()->GetVersionString(); }
  Result<std::unique_ptr<serving::Session>> Open(const std::filesystem::path& file,
                                                 const serving::SessionOptions& options) override;

 private:
  explicit Backend(Ort::Env environment) : environment_(std::move(environment)) {}

  Ort::Env environment_;
};

}  // namespace perigee::onnxruntime
