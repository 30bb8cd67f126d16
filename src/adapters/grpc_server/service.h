// The handlers of api/inference.proto and api/health.proto: bytes in, bytes out, answered through
// the callback API of the gRPC library on its own threads.
#pragma once

#include <atomic>

#include "adapters/grpc_server/grpc_server.h"
#include "adapters/grpc_server/message_pool.h"
#include "health.grpc.pb.h"
#include "inference.grpc.pb.h"

namespace perigee::grpc_server {

// Every method takes its bytes unparsed, so that they are measured first (message_bytes.h).
namespace raw {

using Rpc = inference::GRPCInferenceService;
using Streams = Rpc::WithRawCallbackMethod_ModelStreamInfer<Rpc::Service>;
using Unloads = Rpc::WithRawCallbackMethod_RepositoryModelUnload<Streams>;
using Loads = Rpc::WithRawCallbackMethod_RepositoryModelLoad<Unloads>;
using Indexes = Rpc::WithRawCallbackMethod_RepositoryIndex<Loads>;
using Counts = Rpc::WithRawCallbackMethod_ModelStatistics<Indexes>;
using Configures = Rpc::WithRawCallbackMethod_ModelConfig<Counts>;
using Describes = Rpc::WithRawCallbackMethod_ModelMetadata<Configures>;
using Infers = Rpc::WithRawCallbackMethod_ModelInfer<Describes>;
using KnowsModels = Rpc::WithRawCallbackMethod_ModelReady<Infers>;
using Introduces = Rpc::WithRawCallbackMethod_ServerMetadata<KnowsModels>;
using Readies = Rpc::WithRawCallbackMethod_ServerReady<Introduces>;
using InferenceService = Rpc::WithRawCallbackMethod_ServerLive<Readies>;

using HealthRpc = grpc::health::v1::Health;
using Watches = HealthRpc::WithCallbackMethod_Watch<HealthRpc::Service>;
using HealthService = HealthRpc::WithRawCallbackMethod_Check<Watches>;

}  // namespace raw

// Thread-safe.
class InferenceService final : public raw::InferenceService {
 public:
  using Context = grpc::CallbackServerContext;
  using Reactor = grpc::ServerUnaryReactor;
  using Bytes = grpc::ByteBuffer;

  explicit InferenceService(const Node& node) : node_(node) {}

  Reactor* ServerLive(Context* context, const Bytes* in, Bytes* out) override;
  Reactor* ServerReady(Context* context, const Bytes* in, Bytes* out) override;
  Reactor* ModelReady(Context* context, const Bytes* in, Bytes* out) override;
  Reactor* ServerMetadata(Context* context, const Bytes* in, Bytes* out) override;
  Reactor* ModelMetadata(Context* context, const Bytes* in, Bytes* out) override;
  Reactor* ModelInfer(Context* context, const Bytes* in, Bytes* out) override;
  grpc::ServerBidiReactor<Bytes, Bytes>* ModelStreamInfer(Context* context) override;
  Reactor* ModelConfig(Context* context, const Bytes* in, Bytes* out) override;
  Reactor* ModelStatistics(Context* context, const Bytes* in, Bytes* out) override;
  Reactor* RepositoryIndex(Context* context, const Bytes* in, Bytes* out) override;
  Reactor* RepositoryModelLoad(Context* context, const Bytes* in, Bytes* out) override;
  Reactor* RepositoryModelUnload(Context* context, const Bytes* in, Bytes* out) override;

 private:
  Node node_;
  MessagePool messages_;
};

// Thread-safe.
class HealthService final : public raw::HealthService {
 public:
  explicit HealthService(const std::atomic<bool>& draining) : draining_(draining) {}

  grpc::ServerUnaryReactor* Check(grpc::CallbackServerContext* context, const grpc::ByteBuffer* in,
                                  grpc::ByteBuffer* out) override;

 private:
  const std::atomic<bool>& draining_;
};

}  // namespace perigee::grpc_server
