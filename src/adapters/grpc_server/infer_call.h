// One ModelInfer, from its bytes to its answer.
#pragma once

#include <grpcpp/support/server_callback.h>

#include <memory>
#include <stop_token>

#include "adapters/grpc_server/grpc_server.h"
#include "adapters/grpc_server/message_pool.h"
#include "model/model.h"
#include "wire/infer.h"

namespace perigee::grpc_server {

// The gRPC library ends its life through OnDone, which comes after Finish and any OnCancel.
class InferCall final : public grpc::ServerUnaryReactor {
 public:
  // `pool` and `out` outlive the call.
  InferCall(MessagePool& pool, grpc::ByteBuffer& out) : pool_(pool), out_(out) {}
  ~InferCall() override { pool_.Return(std::move(messages_)); }

  // Empties `in`. Answers before it returns, or later on the model's thread.
  void Start(const Node& node, TimePoint deadline, grpc::ByteBuffer& in);

  // The client left, its deadline passed, or the server gives up on the call.
  void OnCancel() override { stop_.request_stop(); }
  void OnDone() override { const std::unique_ptr<InferCall> self(this); }

 private:
  Result<void> Submit(const Node& node, TimePoint deadline, grpc::ByteBuffer& in);
  Result<void> Respond(Result<model::Output> output);

  MessagePool& pool_;
  grpc::ByteBuffer& out_;
  std::unique_ptr<InferMessages> messages_ = pool_.Take();
  model::SharedModel model_;    // kept until the answer is out
  wire::InferRequest request_;  // borrows messages_->request
  std::stop_source stop_;
};

}  // namespace perigee::grpc_server
