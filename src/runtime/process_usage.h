// What this process has used so far, from /proc/self. Any thread.
#pragma once

#include <cstdint>

namespace perigee::runtime {

struct ProcessUsage {
  double start_time_seconds = 0;  // Unix time
  double cpu_seconds = 0;         // user and system, all threads
  std::uint64_t resident_bytes = 0;
  std::uint64_t open_fds = 0;
};

// Zeros for what the system does not tell.
ProcessUsage ReadProcessUsage();

}  // namespace perigee::runtime
