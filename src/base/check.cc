#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace perigee {

void CheckFailed(const char* condition, const char* file, int line) {
#if defined(__wasm__)
  // A browser has no standard error worth writing to; the trap carries the stack.
  (void)condition, (void)file, (void)line;
  __builtin_trap();
#else
  std::fprintf(stderr, "%s:%d: CHECK failed: %s\n", file, line, condition);
  std::abort();
#endif
}

}  // namespace perigee
