#include "adapters/grpc_server/message_bytes.h"

#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/support/proto_buffer_reader.h>
#include <grpcpp/support/proto_buffer_writer.h>

#include <cstdint>

#include "inference.pb.h"

namespace perigee::grpc_server {
namespace {

using google::protobuf::internal::WireFormatLite;

Error Refused(std::string_view why) {
  return InvalidArgument(fmt::format("read ModelInferRequest: {}", why));
}

}  // namespace

Result<void> CheckInferBytes(grpc::ByteBuffer& bytes) {
  grpc::ProtoBufferReader reader(&bytes);
  google::protobuf::io::CodedInputStream stream(&reader);
  int entries = 0;
  std::size_t structure = 0;
  while (const std::uint32_t tag = stream.ReadTag()) {
    const int begin = stream.CurrentPosition();
    if (!WireFormatLite::SkipField(&stream, tag)) return Fail(Refused("the bytes are malformed"));
    if (++entries > kEntriesMax) {
      return Fail(Refused(fmt::format("more than {} entries", kEntriesMax)));
    }
    const bool raw = WireFormatLite::GetTagFieldNumber(tag) ==
                     inference::ModelInferRequest::kRawInputContentsFieldNumber;
    if (!raw) structure += static_cast<std::size_t>(stream.CurrentPosition() - begin);
  }
  if (structure <= kStructureBytesMax) return {};
  return Fail(Refused(
      fmt::format("{} bytes beside raw_input_contents where {} may come; large tensors travel raw",
                  structure, kStructureBytesMax)));
}

Result<void> CheckPlainBytes(const grpc::ByteBuffer& bytes) {
  if (bytes.Length() <= kPlainBytesMax) return {};
  return Fail(InvalidArgument(
      fmt::format("read message: {} bytes where {} may come", bytes.Length(), kPlainBytesMax)));
}

Result<void> ReadMessage(grpc::ByteBuffer& bytes, google::protobuf::MessageLite& message) {
  using google::protobuf::MessageLite;
  const grpc::Status status =
      grpc::GenericDeserialize<grpc::ProtoBufferReader, MessageLite>(&bytes, &message);
  if (status.ok()) return {};
  return Fail(InvalidArgument("read message: the bytes are no " + message.GetTypeName()));
}

Result<void> WriteMessage(const google::protobuf::MessageLite& message, grpc::ByteBuffer& bytes) {
  using google::protobuf::MessageLite;
  bool own = false;
  const grpc::Status status =
      grpc::GenericSerialize<grpc::ProtoBufferWriter, MessageLite>(message, &bytes, &own);
  if (status.ok()) return {};
  return Fail(Internal("write " + message.GetTypeName() + ": " + status.error_message()));
}

}  // namespace perigee::grpc_server
