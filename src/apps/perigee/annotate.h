// A photograph with a box and an expression on each face, as a JPEG for people.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

#include "base/result.h"
#include "task/answer.h"

namespace perigee::app {

// At most 1280 px on the longest side.
Result<void> WriteAnnotated(std::span<const std::byte> photo, const task::Answer& answer,
                            const std::filesystem::path& path);

}  // namespace perigee::app
