// What a process of this machine has used: processor time and memory, from /proc. Any thread.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace perigee::trial {

struct ProcessUsage {
  Duration cpu{};                    // user and system, all threads, in ticks of 10 ms
  std::uint64_t resident_bytes = 0;  // now
};

// NotFound if there is no such process.
Result<ProcessUsage> ReadProcessUsage(int pid);

// User and system ticks out of the text of /proc/<pid>/stat.
Result<std::uint64_t> ParseCpuTicks(std::string_view stat);

// Processor time of this process so far, to the microsecond.
Duration OwnCpuTime();

}  // namespace perigee::trial
