// Hostile configuration files end in an error, never in a crash.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "runtime/config.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using perigee::runtime::ConfigKey;
  static constexpr std::array<ConfigKey, 2> kKeys = {{
      {"http.port", ConfigKey::Type::kInteger, "8000", "", 0, 65535},
      {"models", ConfigKey::Type::kText, "models", "", 0, 0},
  }};
  perigee::runtime::Config config(kKeys);
  (void)config.ReadText(std::string(reinterpret_cast<const char*>(data), size), "fuzz");
  return 0;
}
