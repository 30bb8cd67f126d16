// What a call's metadata says for all that comes in it. Pure; any thread.
#pragma once

#include <grpcpp/server_context.h>

#include <chrono>

#include "base/clock.h"
#include "base/result.h"
#include "wire/budget.h"

namespace perigee::grpc_server {

// For how long a call may hold the library's thread, which others wait for: about what a change of
// thread and back costs.
inline constexpr Duration kLends = std::chrono::microseconds(100);

// Of docs/adr/0007-deadline-contract.md. InvalidArgument names the key.
inline Result<wire::Terms> ReadMetadata(const grpc::CallbackServerContext& context) {
  wire::TermHeaders headers;
  for (const auto& [name, value] : context.client_metadata()) {
    headers.Take({name.data(), name.size()}, {value.data(), value.size()});
  }
  return wire::ReadTerms(headers);
}

}  // namespace perigee::grpc_server
