// Bytes of a call <-> messages, with the door that protobuf lacks: two bytes on the wire can cost
// two hundred in memory, so a message is measured before it is parsed. Pure; any thread.
#pragma once

#include <google/protobuf/message_lite.h>
#include <grpcpp/support/byte_buffer.h>

#include <cstddef>

#include "base/result.h"

namespace perigee::grpc_server {

// Of a message without tensors.
inline constexpr std::size_t kPlainBytesMax = 64 << 10;
// Of a ModelInferRequest without its raw_input_contents; typed contents count.
inline constexpr std::size_t kStructureBytesMax = 4 << 20;
// Inputs, raw contents, outputs, parameters and all else that stands at a ModelInferRequest's top.
inline constexpr int kEntriesMax = 1024;

// InvalidArgument in one sentence for a ModelInferRequest over the bounds above.
Result<void> CheckInferBytes(grpc::ByteBuffer& bytes);
// InvalidArgument in one sentence for a message over kPlainBytesMax.
Result<void> CheckPlainBytes(const grpc::ByteBuffer& bytes);

// Empties `bytes`. InvalidArgument for what is no such message.
Result<void> ReadMessage(grpc::ByteBuffer& bytes, google::protobuf::MessageLite& message);
Result<void> WriteMessage(const google::protobuf::MessageLite& message, grpc::ByteBuffer& bytes);

}  // namespace perigee::grpc_server
