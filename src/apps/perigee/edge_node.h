// A node on the network: engines behind an HTTP and a gRPC listener. Wiring, no logic.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "adapters/grpc_server/grpc_server.h"
#include "adapters/http_server/http_server.h"
#include "adapters/net/http_listener.h"
#include "adapters/otlp/exporter.h"
#include "apps/perigee/engines.h"
#include "base/result.h"
#include "runtime/config.h"
#include "runtime/log.h"
#include "runtime/span.h"
#include "task/stream_counts.h"

namespace perigee::app {

class EdgeNode {
 public:
  static Result<std::unique_ptr<EdgeNode>> Start(const runtime::Config& config,
                                                 const runtime::Log& log);

  std::string http_url() const;
  std::string grpc_address() const;  // empty if gRPC is off
  // New requests are refused, those in flight finish within `budget`.
  void Drain(Duration budget);

 private:
  EdgeNode() = default;
  Result<void> Trace(const runtime::Config& config);
  Result<void> Listen(const runtime::Config& config);

  SteadyClock clock_;
  std::atomic<bool> draining_ = false;
  std::unique_ptr<otlp::Exporter> exporter_;  // null: no traces
  std::unique_ptr<runtime::Tracer> tracer_;   // null: no traces
  std::unique_ptr<Engines> engines_;
  task::StreamCounts streams_;
  std::unique_ptr<http_server::HttpServer> http_;
  std::unique_ptr<net::HttpListener> http_listener_;
  std::unique_ptr<grpc_server::GrpcServer> grpc_;
  std::string http_host_;
  std::string grpc_host_;
  bool https_ = false;
};

}  // namespace perigee::app
