// The one table from our codes to gRPC's statuses, which have the same names. Pure; any thread.
#pragma once

#include <grpcpp/support/status.h>

#include <cstddef>

#include "base/error.h"
#include "base/result.h"

namespace perigee::grpc_server {

// A status travels in trailers, which the peer limits to 8 KiB by default; a longer sentence
// (a name from the request, echoed) would cost the client the whole status.
inline constexpr std::size_t kStatusMessageMax = 1024;  // bytes, cut between characters

grpc::Status ToStatus(const Result<void>& result);

}  // namespace perigee::grpc_server
