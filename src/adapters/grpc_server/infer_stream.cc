#include "adapters/grpc_server/infer_stream.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "adapters/grpc_server/infer_codec.h"
#include "adapters/grpc_server/message_bytes.h"
#include "adapters/grpc_server/metadata_terms.h"

namespace perigee::grpc_server {
InferStream::InferStream(const Node& node, grpc::CallbackServerContext& context, TimePoint deadline)
    : Duplex(kUnderWayMax), node_(node), deadline_(deadline), terms_(ReadMetadata(context)) {
  if (!terms_) Break(terms_.error());
}

void InferStream::OnMessage(grpc::ByteBuffer& bytes) {
  Slot* slot = nullptr;
  {
    const std::scoped_lock lock(order_);
    slot = slots_.emplace_back(std::make_unique<Slot>()).get();
  }
  Result<void> submitted = Submit(bytes, *slot);
  if (!submitted) Complete(*slot, Fail(std::move(submitted).error()));
}

Result<void> InferStream::Submit(grpc::ByteBuffer& bytes, Slot& slot) {
  if (node_.draining) return Fail(Unavailable("infer: the node is shutting down"));
  TRY(CheckInferBytes(bytes));
  TRY(ReadMessage(bytes, slot.message));
  slot.model = TRY(node_.models.Find(slot.message.model_name(), slot.message.model_version()));
  slot.request = TRY(DecodeInfer(slot.message));
  wire::Terms terms = *terms_;
  TRY(wire::AddParameters(slot.request.parameters, terms));
  task::Context context = wire::ToContext(std::move(terms), node_.clock.Now(), Duration::max());
  context.deadline = std::min(context.deadline, deadline_);
  context.stop = stop_token();
  context.lends = kLends;
  const model::SharedModel model = slot.model;  // until Submit returns; the slot may end before
  model->Submit(slot.request.inputs, context,
                [this, &slot](Result<model::Output> output) { Complete(slot, std::move(output)); });
  return {};
}

void InferStream::Complete(Slot& slot, Result<model::Output> output) {
  inference::ModelStreamInferResponse message;
  grpc::ByteBuffer bytes;
  Result<void> encoded = Encode(slot, std::move(output), *message.mutable_infer_response());
  if (encoded) encoded = WriteMessage(message, bytes);
  if (!encoded) {
    message.Clear();
    message.set_error_message(encoded.error().message);
    message.mutable_infer_response()->set_id(slot.message.id());
    message.mutable_infer_response()->set_model_name(slot.message.model_name());
    std::ignore = WriteMessage(message, bytes);  // a sentence and two names of the request: it fits
  }
  {
    const std::scoped_lock lock(order_);
    slot.answer = std::move(bytes);
  }
  Deliver();
}

// One thread at a time, so that none overtakes another; what others complete meanwhile, it delivers
// too. The requests count as under way until the end, which keeps the call alive until then.
void InferStream::Deliver() {
  std::size_t delivered = 0;
  std::unique_lock lock(order_);
  if (delivering_) return;
  delivering_ = true;
  while (!slots_.empty() && slots_.front()->answer) {
    std::deque<grpc::ByteBuffer> answer;
    answer.push_back(*std::move(slots_.front()->answer));
    spent_.push_back(std::move(slots_.front()));
    slots_.pop_front();
    ++delivered;
    lock.unlock();
    Answered(std::move(answer), 0);
    lock.lock();
  }
  delivering_ = false;
  lock.unlock();
  if (delivered > 0) Answered({}, delivered);
}

Result<void> InferStream::Encode(const Slot& slot, Result<model::Output> output,
                                 inference::ModelInferResponse& message) {
  model::Output answered = TRY(std::move(output));
  wire::InferResponse response =
      TRY(wire::ToResponse(slot.request, slot.model->description(), std::move(answered.tensors)));
  if (!answered.version.empty()) response.model_version = std::move(answered.version);
  EncodeInfer(response, message);
  return {};
}

void InferStream::LetGo() {
  std::deque<std::unique_ptr<Slot>> spent;
  const std::scoped_lock lock(order_);
  spent.swap(spent_);  // they end after the lock
}

}  // namespace perigee::grpc_server
