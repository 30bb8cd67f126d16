// The SHA-256 of a file, read in pieces.
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"

namespace perigee::serving {

// NotFound if it cannot be read.
Result<std::string> FileDigest(const std::filesystem::path& file);

}  // namespace perigee::serving
