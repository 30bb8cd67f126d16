// ModelStreamInfer: requests of one client, run side by side, answered in their order. An error is
// an answer and does not end the stream.
#pragma once

#include <grpcpp/server_context.h>

#include <deque>
#include <memory>
#include <mutex>
#include <optional>

#include "adapters/grpc_server/duplex.h"
#include "adapters/grpc_server/grpc_server.h"
#include "inference.pb.h"
#include "model/model.h"
#include "wire/budget.h"
#include "wire/infer.h"

namespace perigee::grpc_server {

class InferStream final : public Duplex {
 public:
  static constexpr std::size_t kUnderWayMax = 16;  // requests of one stream

  // `node` and `context` outlive the call.
  InferStream(const Node& node, grpc::CallbackServerContext& context, TimePoint deadline);

 private:
  struct Slot {
    inference::ModelInferRequest message;
    wire::InferRequest request;  // borrows `message`
    model::SharedModel model;    // kept until the answer is out
    std::optional<grpc::ByteBuffer> answer;
  };

  void OnMessage(grpc::ByteBuffer& bytes) override;
  void LetGo() override;
  Result<void> Submit(grpc::ByteBuffer& bytes, Slot& slot);
  void Complete(Slot& slot, Result<model::Output> output);
  void Deliver();
  static Result<void> Encode(const Slot& slot, Result<model::Output> output,
                             inference::ModelInferResponse& message);

  const Node& node_;
  const TimePoint deadline_;
  Result<wire::Terms> terms_;  // of the whole stream

  std::mutex order_;
  // Guarded by order_.
  std::deque<std::unique_ptr<Slot>> slots_;  // in the order of their requests
  // A slot may hold the last reference to a model, which must not end on the model's own thread.
  std::deque<std::unique_ptr<Slot>> spent_;
  bool delivering_ = false;
};

}  // namespace perigee::grpc_server
