// The handlers of api/inference.proto and api/health.proto: bytes in, bytes out, answered through
// the callback API of the gRPC library on its own threads.
#pragma once

#include <atomic>

#include "adapters/grpc_server/grpc_server.h"
#include "adapters/grpc_server/message_pool.h"
#include "health.grpc.pb.h"
#include "inference.grpc.pb.h"

namespace perigee::grpc_server {

// Every method takes its bytes unparsed, so that they are measured first (message_bytes.h); the
// one that is not offered is a callback too, or the library would keep threads for it.
template <typename Rpc = inference::GRPCInferenceService>
using RawInferenceService = typename Rpc::template WithRawCallbackMethod_ServerLive<
    typename Rpc::template WithRawCallbackMethod_ServerReady<
        typename Rpc::template WithRawCallbackMethod_ModelReady<
            typename Rpc::template WithRawCallbackMethod_ServerMetadata<
                typename Rpc::template WithRawCallbackMethod_ModelMetadata<
                    typename Rpc::template WithRawCallbackMethod_ModelInfer<
                        typename Rpc::template WithRawCallbackMethod_ModelConfig<
                            typename Rpc::template WithRawCallbackMethod_ModelStatistics<
                                typename Rpc::template WithRawCallbackMethod_RepositoryIndex<
                                    typename Rpc::template WithRawCallbackMethod_RepositoryModelLoad<
                                        typename Rpc::
                                            template WithRawCallbackMethod_RepositoryModelUnload<
                                                typename Rpc::
                                                    template WithCallbackMethod_ModelStreamInfer<
                                                        typename Rpc::Service>>>>>>>>>>>>;

// Thread-safe.
class InferenceService final : public RawInferenceService<> {
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
  Reactor* ModelConfig(Context* context, const Bytes* in, Bytes* out) override;
  Reactor* ModelStatistics(Context* context, const Bytes* in, Bytes* out) override;
  Reactor* RepositoryIndex(Context* context, const Bytes* in, Bytes* out) override;
  Reactor* RepositoryModelLoad(Context* context, const Bytes* in, Bytes* out) override;
  Reactor* RepositoryModelUnload(Context* context, const Bytes* in, Bytes* out) override;

 private:
  Node node_;
  MessagePool messages_;
};

template <typename Rpc = grpc::health::v1::Health>
using RawHealthService = typename Rpc::template WithRawCallbackMethod_Check<
    typename Rpc::template WithCallbackMethod_Watch<typename Rpc::Service>>;

// Thread-safe.
class HealthService final : public RawHealthService<> {
 public:
  explicit HealthService(const std::atomic<bool>& draining) : draining_(draining) {}

  grpc::ServerUnaryReactor* Check(grpc::CallbackServerContext* context, const grpc::ByteBuffer* in,
                                  grpc::ByteBuffer* out) override;

 private:
  const std::atomic<bool>& draining_;
};

}  // namespace perigee::grpc_server
