// The Open Inference Protocol over gRPC (api/inference.proto) and gRPC's own health check
// (api/health.proto), in front of the models of a node. Calls run on the library's threads and
// never block there: a request goes to its model, and whichever thread has the answer sends it.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "model/model_set.h"
#include "model/repository.h"
#include "runtime/span.h"
#include "task/stream_counts.h"
#include "task/task_set.h"
#include "wire/oip_metadata.h"

namespace perigee::grpc_server {

// What the server shows of a node: references that wiring owns and that outlive the server.
struct Node {
  std::string name;     // "perigee"
  std::string version;  // "0.1.0"
  const model::ModelSet& models;
  const Clock& clock;
  const std::atomic<bool>& draining;  // true: ServerReady says no, health says NOT_SERVING
  wire::ServingOptions serving = {};  // shown by ModelConfig
  model::RepositoryAccess repository = {};
  runtime::Tracer* tracer = nullptr;                    // null: no spans are made
  const task::TaskSet* tasks = nullptr;                 // null: no streams of tasks
  Duration request_timeout = std::chrono::seconds(30);  // of a frame that brings no budget
  task::StreamCounts* streams = nullptr;                // null: streams are not counted
};

struct GrpcServerOptions {
  std::string address = "127.0.0.1";  // or "::1", "0.0.0.0", ...
  int port = 0;                       // 0: any that is free
  // PEM, read once at Start. Both or neither; neither means clear text.
  std::filesystem::path certificate_file = {};
  std::filesystem::path key_file = {};

  std::size_t message_max = std::size_t{64} << 20;  // bytes of one message, either way
  std::size_t metadata_max = 16 << 10;              // bytes of one call's headers
  std::size_t memory_max = std::size_t{1} << 30;    // bytes that all connections may buffer
  int streams_max = 256;                            // calls at once on one connection

  std::chrono::milliseconds keepalive_time = std::chrono::minutes(2);  // idle before we ping
  std::chrono::milliseconds keepalive_timeout = std::chrono::seconds(20);
  // A client that pings more often than this without a call is disconnected.
  std::chrono::milliseconds ping_interval_min = std::chrono::seconds(10);
};

// Thread-safe.
class GrpcServer {
 public:
  // InvalidArgument or NotFound: certificate or key. Unavailable: the address cannot be bound.
  static Result<std::unique_ptr<GrpcServer>> Start(const GrpcServerOptions& options,
                                                   const Node& node);
  struct Parts;
  explicit GrpcServer(std::unique_ptr<Parts> parts);  // called by Start
  // Cancels what still runs and waits until every model has answered.
  ~GrpcServer();

  int port() const;
  // Accepts nothing new, lets calls finish until `deadline`, cancels the rest; returns when the
  // last is over. The server is of no further use.
  void Drain(TimePoint deadline);

 private:
  std::unique_ptr<Parts> parts_;
};

}  // namespace perigee::grpc_server
