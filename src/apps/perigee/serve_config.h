// The settings of `perigee serve`: one table, from which come the file's keys, the variables, the
// flags, the help and docs/configuration.md.
#pragma once

#include <span>

#include "runtime/config.h"

namespace perigee::app {

std::span<const runtime::ConfigKey> ServeKeys();

}  // namespace perigee::app
