// What scripts read of a run of `perigee`, and how its errors reach a person.
#pragma once

#include "base/error.h"

namespace perigee::app {

enum ExitCode : int {
  kOk = 0,
  kSomeFailed = 1,   // the command ran, but not all of its work succeeded
  kUsage = 2,        // the command line, the configuration or the input is wrong
  kUnavailable = 3,  // a node, a port or a file that is needed is not there
  kInternal = 4,     // our bug
};

// Prints "perigee: <message>" to standard error.
ExitCode Report(const Error& error);

}  // namespace perigee::app
