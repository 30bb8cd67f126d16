// A client of the Open Inference Protocol over gRPC (api/inference.proto), for measuring and
// testing a node. Blocking: the calling thread does all the work of a call.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "task/context.h"
#include "wire/infer.h"
#include "wire/load_report.h"

namespace perigee::grpc_client {

struct GrpcClientOptions {
  bool tls = false;
  std::filesystem::path ca_file = {};               // PEM; empty: the system's. Implies tls if set
  std::size_t message_max = std::size_t{64} << 20;  // bytes of one answer
};

// Not thread-safe: one call at a time. Every client has a connection of its own, as phones do.
class GrpcClient {
 public:
  // `target` is "host:port". Does not connect yet. NotFound, InvalidArgument: the CA file.
  static Result<std::unique_ptr<GrpcClient>> Open(const std::string& target,
                                                  const GrpcClientOptions& options,
                                                  const Clock& clock);
  struct Parts;
  explicit GrpcClient(std::unique_ptr<Parts> parts);  // called by Open
  ~GrpcClient();

  // Inputs and outputs travel raw. The answer's tensors own their bytes. The node's error comes
  // with its own code; Unavailable: no connection. The context's stop cancels the call.
  Result<wire::InferResponse> Infer(const wire::InferRequest& request,
                                    const task::Context& context);
  // What came with the last answer to Infer, or with its refusal.
  const wire::LoadReport& load() const;
  // Is the node ready for requests?
  Result<bool> Ready(const task::Context& context);

 private:
  std::unique_ptr<Parts> parts_;
};

}  // namespace perigee::grpc_client
