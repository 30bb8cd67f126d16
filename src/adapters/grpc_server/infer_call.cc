#include "adapters/grpc_server/infer_call.h"

#include <grpcpp/server_context.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "adapters/grpc_server/infer_codec.h"
#include "adapters/grpc_server/message_bytes.h"
#include "adapters/grpc_server/metadata_terms.h"
#include "adapters/grpc_server/status.h"
#include "task/context.h"

namespace perigee::grpc_server {

void InferCall::Start(TimePoint deadline, grpc::ByteBuffer& in) {
  const Result<void> submitted = Submit(deadline, in);
  if (!submitted.has_value()) End(submitted);
}

Result<void> InferCall::Submit(TimePoint deadline, grpc::ByteBuffer& in) {
  inference::ModelInferRequest& message = messages_->request;
  TRY(CheckInferBytes(in));
  TRY(ReadMessage(in, message));
  model_ = TRY(node_.models.Find(message.model_name(), message.model_version()));
  request_ = TRY(DecodeInfer(message));
  const task::Context context = TRY(ReadTerms(deadline));
  model_->Submit(request_.inputs, context,
                 [this](Result<model::Output> output) { End(Respond(std::move(output))); });
  return {};
}

Result<task::Context> InferCall::ReadTerms(TimePoint deadline) {
  wire::Terms terms = TRY(ReadMetadata(context_));
  TRY(wire::AddParameters(request_.parameters, terms));
  const TimePoint now = node_.clock.Now();
  if (node_.tracer != nullptr) {
    const task::Trace& caller = terms.trace;
    span_ = node_.tracer->Begin({caller.trace_id, caller.span_id, caller.sampled},
                                "infer " + model_->description().name, now);
  }
  if (span_) {
    terms.trace = {span_->trace_id, span_->span_id, true};
    if (!terms.tenant.empty()) span_->attributes.emplace_back("perigee.tenant", terms.tenant);
  }
  task::Context context = wire::ToContext(std::move(terms), now, Duration::max());
  context.deadline = std::min(context.deadline, deadline);
  context.stop = stop_.get_token();
  context.lends = kLends;
  if (context.deadline != kNever) budget_ = context.deadline - now;
  return context;
}

Result<void> InferCall::Respond(Result<model::Output> output) {
  model::Output answered = TRY(std::move(output));
  load_.queued = answered.queued;
  load_.compute = answered.compute;
  wire::InferResponse response =
      TRY(wire::ToResponse(request_, model_->description(), std::move(answered.tensors)));
  if (!answered.version.empty()) response.model_version = std::move(answered.version);
  EncodeInfer(response, messages_->response);
  return WriteMessage(messages_->response, out_);
}

// Load balancers in client libraries read the protobuf; callers the text.
void InferCall::End(const Result<void>& result) {
  if (model_ != nullptr) load_.next = model_->hint(budget_);
  const std::string text = wire::LoadReportText(load_);
  if (!text.empty()) {
    context_.AddTrailingMetadata(std::string(wire::kLoadHeader), text);
    context_.AddTrailingMetadata(std::string(wire::kLoadHeaderBinary),
                                 wire::LoadReportBinary(load_));
  }
  if (span_) EndSpan(result);
  Finish(ToStatus(result));
}

void InferCall::EndSpan(const Result<void>& result) {
  std::vector<runtime::StageSpan> stages;
  if (load_.queued) stages = {{"queue", *load_.queued}, {"compute", *load_.compute}};
  span_->attributes.emplace_back("rpc.method", "inference.GRPCInferenceService/ModelInfer");
  std::string error;
  if (!result.has_value()) error = CodeName(result.error().code);
  node_.tracer->End(*std::move(span_), stages, node_.clock.Now(), std::move(error));
}

}  // namespace perigee::grpc_server
