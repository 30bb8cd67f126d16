// Hostile config.pbtxt files end in values or in an error, never in a crash; and every error is one
// sentence that names the file.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "model/model_config.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto config = perigee::model::ParseModelConfig(text, "fuzz");
  if (config.has_value()) return 0;
  if (!config.error().message.starts_with("read model configuration fuzz: line ")) std::abort();
  return 0;
}
