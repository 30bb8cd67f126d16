#include "apps/perigee/exit_code.h"

#include <fmt/format.h>

#include <cstdio>

namespace perigee::app {

ExitCode Report(const Error& error) {
  fmt::print(stderr, "perigee: {}\n", error.message);
  switch (error.code) {
    case Code::kInvalidArgument:
    case Code::kUnimplemented:
      return kUsage;
    case Code::kInternal:
      return kInternal;
    default:
      return kUnavailable;
  }
}

}  // namespace perigee::app
