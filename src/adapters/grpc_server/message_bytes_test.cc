#include "adapters/grpc_server/message_bytes.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "inference.pb.h"

namespace perigee::grpc_server {
namespace {

// As the network hands it over: in slices of 1000 bytes.
grpc::ByteBuffer Sliced(const std::string& bytes) {
  std::vector<grpc::Slice> slices;
  for (std::size_t at = 0; at < bytes.size(); at += 1000) {
    slices.emplace_back(bytes.substr(at, 1000));
  }
  return {slices.data(), slices.size()};
}

Result<void> Check(const inference::ModelInferRequest& message) {
  grpc::ByteBuffer bytes = Sliced(message.SerializeAsString());
  return CheckInferBytes(bytes);
}

TEST(MessageBytes, ReadsWhatItChecked) {
  inference::ModelInferRequest message;
  message.set_model_name("m");
  message.add_raw_input_contents(std::string(5000, 'r'));
  grpc::ByteBuffer bytes = Sliced(message.SerializeAsString());
  ASSERT_TRUE(CheckInferBytes(bytes).has_value());
  inference::ModelInferRequest read;
  ASSERT_TRUE(ReadMessage(bytes, read).has_value());
  EXPECT_EQ(read.SerializeAsString(), message.SerializeAsString());
}

TEST(MessageBytes, LetsRawContentsBeLarge) {
  inference::ModelInferRequest message;
  message.add_raw_input_contents(std::string(2 * kStructureBytesMax, 'r'));
  EXPECT_TRUE(Check(message).has_value());
}

TEST(MessageBytes, RefusesLargeTypedContents) {
  inference::ModelInferRequest message;
  message.add_inputs()->mutable_contents()->add_bytes_contents(
      std::string(kStructureBytesMax, 'b'));
  const Result<void> checked = Check(message);
  ASSERT_FALSE(checked.has_value());
  EXPECT_EQ(checked.error().code, Code::kInvalidArgument);
  EXPECT_NE(checked.error().message.find("large tensors travel raw"), std::string::npos);
}

TEST(MessageBytes, RefusesManyEmptyEntries) {
  inference::ModelInferRequest message;
  for (int i = 0; i < kEntriesMax; ++i) message.add_raw_input_contents();
  EXPECT_TRUE(Check(message).has_value());
  message.add_raw_input_contents();
  const Result<void> checked = Check(message);
  ASSERT_FALSE(checked.has_value());
  EXPECT_EQ(checked.error().message, "read ModelInferRequest: more than 1024 entries");
}

TEST(MessageBytes, RefusesBytesThatEndInsideAField) {
  grpc::ByteBuffer bytes =
      Sliced(std::string("\x0a\x05"
                         "ab"));
  const Result<void> checked = CheckInferBytes(bytes);
  ASSERT_FALSE(checked.has_value());
  EXPECT_EQ(checked.error().message, "read ModelInferRequest: the bytes are malformed");
}

TEST(MessageBytes, RefusesBytesThatAreNoMessage) {
  grpc::ByteBuffer bytes = Sliced("\xff\xff\xff");
  inference::ModelReadyRequest message;
  const Result<void> read = ReadMessage(bytes, message);
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().message, "read message: the bytes are no inference.ModelReadyRequest");
}

TEST(MessageBytes, RefusesALargeMessageWithoutTensors) {
  EXPECT_TRUE(CheckPlainBytes(Sliced(std::string(kPlainBytesMax, 'x'))).has_value());
  EXPECT_FALSE(CheckPlainBytes(Sliced(std::string(kPlainBytesMax + 1, 'x'))).has_value());
}

}  // namespace
}  // namespace perigee::grpc_server
