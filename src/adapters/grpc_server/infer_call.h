// One ModelInfer, from its bytes to its answer.
#pragma once

#include <grpcpp/support/server_callback.h>

#include <memory>
#include <optional>
#include <stop_token>

#include "adapters/grpc_server/grpc_server.h"
#include "adapters/grpc_server/message_pool.h"
#include "model/model.h"
#include "runtime/span.h"
#include "wire/budget.h"
#include "wire/infer.h"
#include "wire/load_report.h"

namespace perigee::grpc_server {

// The gRPC library ends its life through OnDone, which comes after Finish and any OnCancel.
class InferCall final : public grpc::ServerUnaryReactor {
 public:
  // All outlive the call.
  InferCall(const Node& node, grpc::CallbackServerContext& context, MessagePool& pool,
            grpc::ByteBuffer& out)
      : node_(node), context_(context), pool_(pool), out_(out) {}
  ~InferCall() override { pool_.Return(std::move(messages_)); }

  // Empties `in`. Answers before it returns, or later on the model's thread. `deadline`: gRPC's
  // own.
  void Start(TimePoint deadline, grpc::ByteBuffer& in);

  // The client left, its deadline passed, or the server gives up on the call.
  void OnCancel() override { stop_.request_stop(); }
  void OnDone() override { const std::unique_ptr<InferCall> self(this); }

 private:
  Result<void> Submit(TimePoint deadline, grpc::ByteBuffer& in);
  // Of docs/adr/0007-deadline-contract.md, out of the metadata and the request's parameters.
  Result<task::Context> ReadTerms(TimePoint deadline);
  Result<void> Respond(Result<model::Output> output);
  void End(const Result<void>& result);
  void EndSpan(const Result<void>& result);

  const Node& node_;
  grpc::CallbackServerContext& context_;
  MessagePool& pool_;
  grpc::ByteBuffer& out_;
  std::unique_ptr<InferMessages> messages_ = pool_.Take();
  model::SharedModel model_;    // kept until the answer is out
  wire::InferRequest request_;  // borrows messages_->request
  std::stop_source stop_;
  wire::LoadReport load_;  // for the trailers
  Duration budget_ = task::kUsualBudget;
  std::optional<runtime::RequestSpan> span_;
};

}  // namespace perigee::grpc_server
