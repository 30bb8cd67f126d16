// The messages of api/tasks.proto <-> the values of task/session.h. Pure; any thread.
#pragma once

#include <grpcpp/support/byte_buffer.h>

#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "task/session.h"
#include "task/task.h"
#include "tasks.pb.h"

namespace perigee::grpc_server {

// InvalidArgument in one sentence for a StreamRequest that would cost more to hold than its picture
// does: too many fields, or too much beside the picture.
Result<void> CheckStreamBytes(grpc::ByteBuffer& bytes);

// Empties the message's picture. `fallback`: the budget of a frame that brings none.
task::Frame DecodeFrame(perigee::v1::StreamFrame& message, TimePoint arrived, Duration fallback);

// InvalidArgument for a budget that is no number.
Result<Duration> DecodeBudget(const perigee::v1::StreamOpen& message, Duration fallback);

void EncodeAnswer(const task::FrameAnswer& answer, const std::string& task, const std::string& node,
                  perigee::v1::StreamAnswer& message);

}  // namespace perigee::grpc_server
