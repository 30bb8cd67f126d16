// CHECK(condition): for our own bugs, in every build. Input from users, networks, models and
// devices is never CHECKed; it gets an Error.
#pragma once

namespace perigee {

[[noreturn]] void CheckFailed(const char* condition, const char* file, int line);

}  // namespace perigee

#define CHECK(condition)                                                      \
  do {                                                                        \
    if (!(condition)) ::perigee::CheckFailed(#condition, __FILE__, __LINE__); \
  } while (false)
