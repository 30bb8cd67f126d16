#include "adapters/grpc_server/infer_call.h"

#include <utility>

#include "adapters/grpc_server/infer_codec.h"
#include "adapters/grpc_server/message_bytes.h"
#include "adapters/grpc_server/status.h"
#include "task/context.h"

namespace perigee::grpc_server {

void InferCall::Start(const Node& node, TimePoint deadline, grpc::ByteBuffer& in) {
  const Result<void> submitted = Submit(node, deadline, in);
  if (!submitted.has_value()) Finish(ToStatus(submitted));
}

Result<void> InferCall::Submit(const Node& node, TimePoint deadline, grpc::ByteBuffer& in) {
  inference::ModelInferRequest& message = messages_->request;
  TRY(CheckInferBytes(in));
  TRY(ReadMessage(in, message));
  model_ = TRY(node.models.Find(message.model_name(), message.model_version()));
  request_ = TRY(DecodeInfer(message));
  const task::Context context{.deadline = deadline, .stop = stop_.get_token(), .purpose = {}};
  model_->Submit(request_.inputs, context, [this](Result<model::Output> output) {
    Finish(ToStatus(Respond(std::move(output))));
  });
  return {};
}

Result<void> InferCall::Respond(Result<model::Output> output) {
  model::Output answered = TRY(std::move(output));
  const wire::InferResponse response =
      TRY(wire::ToResponse(request_, model_->description(), std::move(answered.tensors)));
  EncodeInfer(response, messages_->response);
  return WriteMessage(messages_->response, out_);
}

}  // namespace perigee::grpc_server
