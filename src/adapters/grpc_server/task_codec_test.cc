#include "adapters/grpc_server/task_codec.h"

#include <gtest/gtest.h>

#include <chrono>
#include <limits>
#include <string>

#include "adapters/grpc_server/message_bytes.h"

namespace perigee::grpc_server {
namespace {

namespace v1 = perigee::v1;

grpc::ByteBuffer Raw(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return {&slice, 1};
}

TEST(TaskCodec, ReadsAFrameAndItsBudget) {
  v1::StreamFrame message;
  message.set_id(3);
  message.set_timestamp_us(-4);
  message.set_picture("jpeg");
  const TimePoint arrived{std::chrono::seconds(10)};
  EXPECT_EQ(DecodeFrame(message, arrived, std::chrono::seconds(1)).deadline,
            arrived + std::chrono::milliseconds(999));
  message.set_picture("jpeg");
  message.set_budget_ms(2.5);
  const task::Frame frame = DecodeFrame(message, arrived, std::chrono::seconds(1));
  EXPECT_EQ(frame.id, 3U);
  EXPECT_EQ(frame.timestamp_us, -4);
  EXPECT_EQ(frame.bytes.size(), 4U);
  EXPECT_EQ(frame.deadline, arrived + std::chrono::microseconds(2450));
}

TEST(TaskCodec, ABudgetMayBeUsedUpOrBoundlessButIsANumber) {
  v1::StreamOpen message;
  for (const auto& [said, budget] :
       {std::pair{-1.0, Duration::zero()}, {0.0, Duration::zero()}, {1e300, Duration::max()}}) {
    message.set_budget_ms(said);
    EXPECT_EQ(*DecodeBudget(message, std::chrono::seconds(1)), budget);
  }
  message.set_budget_ms(std::numeric_limits<double>::quiet_NaN());
  EXPECT_FALSE(DecodeBudget(message, std::chrono::seconds(1)).has_value());
}

TEST(TaskCodec, MeasuresAMessageBeforeItIsParsed) {
  v1::StreamRequest fits;
  fits.mutable_frame()->set_picture(std::string(100'000, 'x'));
  grpc::ByteBuffer bytes = Raw(fits.SerializeAsString());
  EXPECT_TRUE(CheckStreamBytes(bytes).has_value());
  std::string unknown;
  for (int i = 0; i < 100; ++i) unknown += std::string("\x38\x01", 2);  // field 7, a varint
  v1::StreamRequest greedy;
  (*greedy.mutable_open()->mutable_options())["a"] = std::string(kPlainBytesMax, 'x');
  const std::string in_frame = std::string("\x12\xC8\x01") + unknown;  // 200 bytes of them
  for (const std::string& wrong : {unknown, in_frame, greedy.SerializeAsString(),
                                   std::string("\x12\x05x"), std::string("\x0A")}) {
    grpc::ByteBuffer refused = Raw(wrong);
    EXPECT_FALSE(CheckStreamBytes(refused).has_value());
  }
}

TEST(TaskCodec, WritesAnAnswerOrAnError) {
  task::FrameAnswer answer;
  answer.id = 9;
  answer.outcome = task::FrameAnswer::Outcome::kTracked;
  answer.answer->faces.push_back({.box = {1, 2, 3, 4}, .track = 5});
  v1::StreamAnswer message;
  EncodeAnswer(answer, "emotion", "n", message);
  EXPECT_EQ(message.id(), 9U);
  EXPECT_EQ(message.outcome(), v1::StreamAnswer::TRACKED);
  EXPECT_EQ(message.answer().faces(0).track(), 5U);
  EXPECT_EQ(message.answer().task(), "emotion");
  answer.outcome = task::FrameAnswer::Outcome::kFailed;
  answer.answer = Fail(InvalidArgument("no picture"));
  v1::StreamAnswer failed;
  EncodeAnswer(answer, "emotion", "n", failed);
  EXPECT_EQ(failed.error().code(), 3);
  EXPECT_FALSE(failed.has_answer());
}

}  // namespace
}  // namespace perigee::grpc_server
