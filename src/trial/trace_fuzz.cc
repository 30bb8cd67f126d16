// Hostile traces end in an error, and what is a trace can be replayed, whatever it says.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "trial/replay.h"
#include "trial/trace.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto trace = perigee::trial::ParseTrace({reinterpret_cast<const char*>(data), size});
  if (trace) (void)perigee::trial::Replay(*trace);
  return 0;
}
