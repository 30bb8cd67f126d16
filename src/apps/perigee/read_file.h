// A whole file, bounded.
#pragma once

#include <cstddef>
#include <filesystem>
#include <vector>

#include "base/result.h"

namespace perigee::app {

// NotFound: cannot be opened. InvalidArgument: over 64 MiB.
Result<std::vector<std::byte>> ReadFile(const std::filesystem::path& path);

}  // namespace perigee::app
