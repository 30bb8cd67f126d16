#include "adapters/grpc_server/task_codec.h"

#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>
#include <grpcpp/support/proto_buffer_reader.h>

#include <cmath>
#include <cstring>
#include <utility>

#include "adapters/grpc_server/message_bytes.h"
#include "adapters/grpc_server/status.h"
#include "wire/budget.h"

namespace perigee::grpc_server {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;
namespace v1 = perigee::v1;

constexpr int kFieldsMax = 16;       // of a request, and of a frame
constexpr double kBudgetMax = 1e12;  // ms, some thirty years: more is no deadline

Error Refused(std::string_view why) {
  return InvalidArgument(fmt::format("read StreamRequest: {}", why));
}

bool IsMessage(std::uint32_t tag, int field) {
  return WireFormatLite::GetTagFieldNumber(tag) == field &&
         WireFormatLite::GetTagWireType(tag) == WireFormatLite::WIRETYPE_LENGTH_DELIMITED;
}

// Of a frame, all but the picture is small.
Result<void> CheckFrame(CodedInputStream& stream) {
  std::uint32_t size = 0;
  if (!stream.ReadVarint32(&size)) return Fail(Refused("the bytes are malformed"));
  const CodedInputStream::Limit limit = stream.PushLimit(static_cast<int>(size));
  int fields = 0;
  while (const std::uint32_t tag = stream.ReadTag()) {
    if (!WireFormatLite::SkipField(&stream, tag)) return Fail(Refused("the bytes are malformed"));
    if (++fields > kFieldsMax) return Fail(Refused("the frame has too many fields"));
  }
  if (!stream.ConsumedEntireMessage()) return Fail(Refused("the bytes are malformed"));
  stream.PopLimit(limit);
  return {};
}

Duration BudgetOf(double milliseconds) {
  if (milliseconds > kBudgetMax) return Duration::max();
  return milliseconds > 0 ? Duration(std::llround(milliseconds * 1e6)) : Duration::zero();
}

v1::StreamAnswer::Outcome OutcomeOf(task::FrameAnswer::Outcome outcome) {
  switch (outcome) {
    case task::FrameAnswer::Outcome::kAnswered:
      return v1::StreamAnswer::ANSWERED;
    case task::FrameAnswer::Outcome::kTracked:
      return v1::StreamAnswer::TRACKED;
    case task::FrameAnswer::Outcome::kUnchanged:
      return v1::StreamAnswer::UNCHANGED;
    case task::FrameAnswer::Outcome::kSkipped:
      return v1::StreamAnswer::SKIPPED;
    case task::FrameAnswer::Outcome::kFailed:
      return v1::StreamAnswer::FAILED;
  }
  return v1::StreamAnswer::FAILED;
}

void EncodeFace(const task::Face& face, v1::Face& message) {
  message.set_x(face.box.x);
  message.set_y(face.box.y);
  message.set_width(face.box.width);
  message.set_height(face.box.height);
  message.set_score(face.score);
  message.set_emotion(face.emotion);
  message.set_track(face.track);
  for (const task::Labelled& label : face.probabilities) {
    v1::Label& encoded = *message.add_probabilities();
    encoded.set_label(label.label);
    encoded.set_probability(label.probability);
  }
}

void EncodeFaces(const task::Answer& answer, v1::Answer& message) {
  message.set_image_width(answer.image_width);
  message.set_image_height(answer.image_height);
  for (const task::Face& face : answer.faces) EncodeFace(face, *message.add_faces());
  for (const task::ModelVersion& model : answer.models) {
    v1::Model& encoded = *message.add_models();
    encoded.set_name(model.name);
    encoded.set_version(model.version);
  }
  for (const task::StageTime& stage : answer.stages) {
    v1::Stage& encoded = *message.add_stages();
    encoded.set_stage(stage.stage);
    encoded.set_duration_ms(ToMilliseconds(stage.duration));
  }
}

}  // namespace

Result<void> CheckStreamBytes(grpc::ByteBuffer& bytes) {
  grpc::ProtoBufferReader reader(&bytes);
  CodedInputStream stream(&reader);
  int fields = 0;
  std::size_t beside = 0;
  while (const std::uint32_t tag = stream.ReadTag()) {
    if (++fields > kFieldsMax) return Fail(Refused("it has too many fields"));
    if (IsMessage(tag, v1::StreamRequest::kFrameFieldNumber)) {
      TRY(CheckFrame(stream));
      continue;
    }
    const int begin = stream.CurrentPosition();
    if (!WireFormatLite::SkipField(&stream, tag)) return Fail(Refused("the bytes are malformed"));
    beside += static_cast<std::size_t>(stream.CurrentPosition() - begin);
  }
  if (beside <= kPlainBytesMax) return {};
  return Fail(
      Refused(fmt::format("{} bytes beside the frame where {} may come", beside, kPlainBytesMax)));
}

task::Frame DecodeFrame(v1::StreamFrame& message, TimePoint arrived, Duration fallback) {
  const bool has_budget = message.has_budget_ms() && !std::isnan(message.budget_ms());
  task::Frame frame;
  frame.id = message.id();
  frame.timestamp_us = message.timestamp_us();
  frame.deadline = wire::WorkUntil(arrived, has_budget ? BudgetOf(message.budget_ms()) : fallback);
  frame.bytes.resize(message.picture().size());
  if (!frame.bytes.empty()) {
    std::memcpy(frame.bytes.data(), message.picture().data(), frame.bytes.size());
  }
  message.clear_picture();
  return frame;
}

Result<Duration> DecodeBudget(const v1::StreamOpen& message, Duration fallback) {
  if (!message.has_budget_ms()) return fallback;
  if (std::isnan(message.budget_ms())) return Fail(Refused("budget_ms is no number"));
  return BudgetOf(message.budget_ms());
}

void EncodeAnswer(const task::FrameAnswer& answer, const std::string& task, const std::string& node,
                  v1::StreamAnswer& message) {
  message.set_id(answer.id);
  message.set_timestamp_us(answer.timestamp_us);
  message.set_outcome(OutcomeOf(answer.outcome));
  message.set_queued_ms(ToMilliseconds(answer.queued));
  message.set_compute_ms(ToMilliseconds(answer.compute));
  if (answer.next.valid_for > Duration{}) {
    message.mutable_next()->set_wait_ms(ToMilliseconds(answer.next.wait));
    message.mutable_next()->set_service_ms(ToMilliseconds(answer.next.service));
    message.mutable_next()->set_valid_ms(ToMilliseconds(answer.next.valid_for));
  }
  if (answer.answer) {
    message.mutable_answer()->set_task(task);
    message.mutable_answer()->set_node(node);
    return EncodeFaces(*answer.answer, *message.mutable_answer());
  }
  if (answer.outcome != task::FrameAnswer::Outcome::kFailed) return;
  const grpc::Status status = ToStatus(Fail(answer.answer.error()));
  message.mutable_error()->set_code(status.error_code());
  message.mutable_error()->set_message(status.error_message());
}

}  // namespace perigee::grpc_server
