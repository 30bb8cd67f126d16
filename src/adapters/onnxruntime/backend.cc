#include "adapters/onnxruntime/backend.h"

#include <fmt/format.h>

#include <bit>
#include <exception>
#include <string>
#include <system_error>
#include <utility>

#include "adapters/onnxruntime/session.h"

namespace perigee::onnxruntime {
namespace {

namespace fs = std::filesystem;

void Log(void* line, OrtLoggingLevel, const char*, const char*, const char* where,
         const char* message) {
  const auto log = reinterpret_cast<LogLine>(line);
  if (log != nullptr) log(fmt::format("onnxruntime {}: {}", where, message));
}

Ort::SessionOptions Options(const serving::SessionOptions& options) {
  Ort::SessionOptions ours;
  ours.SetIntraOpNumThreads(options.threads);
  ours.SetInterOpNumThreads(1);
  ours.SetExecutionMode(ORT_SEQUENTIAL);
  ours.SetGraphOptimizationLevel(ORT_ENABLE_ALL);
  ours.EnableMemPattern();
  ours.EnableCpuMemArena();
  // Threads that wait by spinning take the core from the other instances.
  ours.AddConfigEntry("session.intra_op.allow_spinning", "0");
  ours.SetLogSeverityLevel(ORT_LOGGING_LEVEL_WARNING);
  return ours;
}

Error OpenFailed(const fs::path& file, std::string_view why) {
  return InvalidArgument(fmt::format("open model {}: {}", file.string(), why));
}

}  // namespace

Result<std::unique_ptr<Backend>> Backend::Create(LogLine log) {
  try {
    return std::unique_ptr<Backend>(new Backend(
        Ort::Env(ORT_LOGGING_LEVEL_WARNING, "perigee", Log, reinterpret_cast<void*>(log))));
  } catch (const std::exception& error) {
    return Fail(Internal(std::string("start ONNX Runtime: ") + FirstLine(error.what())));
  }
}

Result<std::unique_ptr<serving::Session>> Backend::Open(const fs::path& file,
                                                        const serving::SessionOptions& options) {
  std::error_code error;
  if (!fs::exists(file, error)) {
    return Fail(NotFound(fmt::format("open model {}: no such file", file.string())));
  }
  if (!fs::is_regular_file(file, error)) return Fail(OpenFailed(file, "is no file"));
  try {
    Ort::Session session(environment_, file.c_str(), Options(options));
    return Session::Open(std::move(session));
  } catch (const Ort::Exception& thrown) {
    return Fail(OpenFailed(file, FirstLine(thrown.what())));
  } catch (const std::exception& thrown) {
    return Fail(
        Internal(fmt::format("open model {}: {}", file.string(), FirstLine(thrown.what()))));
  }
}

}  // namespace perigee::onnxruntime
