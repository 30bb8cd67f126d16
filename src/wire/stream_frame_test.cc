#include "wire/stream_frame.h"

#include <gtest/gtest.h>

#include <string>

namespace perigee::wire {
namespace {

using Outcome = task::FrameAnswer::Outcome;

std::span<const std::byte> Bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

// A message with this header before "JPEG".
std::string Message(std::string_view header) {
  std::string message;
  for (std::size_t i = 0; i < 4; ++i)
    message.push_back(static_cast<char>(header.size() >> (8 * i)));
  return message.append(header) + "JPEG";
}

std::string WhyNot(std::string_view message) {
  StreamFrame frame;
  const Result<void> parsed = ParseStreamFrame(Bytes(message), frame);
  return parsed ? "" : parsed.error().message;
}

TEST(StreamFrame, ReadsItsHeader) {
  const std::string message =
      Message(R"({"id":7,"timestamp_us":-5,"budget_ms":12.5,"later":"versions may add"})");
  StreamFrame frame;
  ASSERT_TRUE(ParseStreamFrame(Bytes(message), frame).has_value());
  EXPECT_EQ(frame.id, 7U);
  EXPECT_EQ(frame.timestamp_us, -5);
  EXPECT_EQ(frame.budget, std::chrono::microseconds(12500));
  EXPECT_EQ(message.substr(frame.picture_at), "JPEG");
}

TEST(StreamFrame, MayBeAPictureAlone) {
  for (const std::string_view picture : {"\xFF\xD8\xFF\xE0 jpeg", "\x89PNG\r\n", "RIFF....WEBP"}) {
    StreamFrame frame;
    ASSERT_TRUE(ParseStreamFrame(Bytes(picture), frame).has_value());
    EXPECT_EQ(frame.picture_at, 0U);
    EXPECT_FALSE(frame.id.has_value());
  }
}

TEST(StreamFrame, ABudgetMayBeUsedUpOrBoundless) {
  for (const auto& [text, budget] :
       {std::pair{"0", std::optional(Duration::zero())},
        {"-3", std::optional(Duration::zero())},
        {"1e300", std::optional<Duration>()},
        {"31536000000", std::optional<Duration>(std::chrono::hours(24 * 365))}}) {
    StreamFrame frame;
    ASSERT_TRUE(
        ParseStreamFrame(Bytes(Message(std::string(R"({"budget_ms":)") + text + "}")), frame));
    EXPECT_EQ(frame.budget, budget) << text;
  }
}

TEST(StreamFrame, SaysWhatIsWrong) {
  EXPECT_EQ(WhyNot("abc"), "parse stream frame: it is shorter than a header's length");
  EXPECT_EQ(WhyNot(std::string("\x09\0\0\0{}", 6)),
            "parse stream frame: a header of 9 bytes does not fit");
  EXPECT_EQ(WhyNot(Message("[]")), "parse stream frame: the header is no object");
  EXPECT_EQ(WhyNot(Message(R"({"id":-1})")),
            "parse stream frame: id is no integer from 0 to 2^63-1");
  EXPECT_EQ(WhyNot(Message(R"({"timestamp_us":"now"})")),
            "parse stream frame: timestamp_us is no 64-bit integer");
  EXPECT_EQ(WhyNot(Message(R"({"budget_ms":"1"})")), "parse stream frame: budget_ms is no number");
  EXPECT_NE(WhyNot(Message("{")), "");
  EXPECT_NE(WhyNot(Message("")), "");
}

TEST(StreamFrame, KeepsTheIdOfAFrameWhoseHeaderIsWrongFurtherOn) {
  StreamFrame frame;
  EXPECT_FALSE(ParseStreamFrame(Bytes(Message(R"({"id":9,"budget_ms":[]})")), frame).has_value());
  EXPECT_EQ(frame.id, 9U);
}

TEST(StreamFrame, WritesWhatItReads) {
  const StreamFrame sent{
      .id = 3, .timestamp_us = 42, .budget = std::chrono::milliseconds(100), .picture_at = 0};
  const std::string head = StreamFrameHead(sent);
  StreamFrame frame;
  ASSERT_TRUE(ParseStreamFrame(Bytes(head), frame).has_value());
  EXPECT_EQ(frame.id, sent.id);
  EXPECT_EQ(frame.timestamp_us, sent.timestamp_us);
  EXPECT_EQ(frame.budget, sent.budget);
  EXPECT_EQ(frame.picture_at, head.size());
}

TEST(FrameAnswer, ComesBackAsItWas) {
  task::FrameAnswer answer{.id = 5,
                           .timestamp_us = 6,
                           .outcome = Outcome::kTracked,
                           .answer = {},
                           .queued = std::chrono::microseconds(1500),
                           .compute = std::chrono::milliseconds(2),
                           .next = {.wait = std::chrono::milliseconds(3),
                                    .service = std::chrono::milliseconds(4),
                                    .valid_for = std::chrono::milliseconds(5)}};
  answer.answer->image_width = 640;
  answer.answer->faces.push_back({.box = {1, 2, 3, 4},
                                  .score = 0.5F,
                                  .emotion = "happy",
                                  .probabilities = {{"happy", 1}},
                                  .track = 8});
  const std::string text = WriteFrameAnswer(answer, "emotion", "node");
  const Result<task::FrameAnswer> read = ParseFrameAnswer(Bytes(text));
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(read->id, 5U);
  EXPECT_EQ(read->outcome, Outcome::kTracked);
  EXPECT_EQ(read->queued, answer.queued);
  EXPECT_EQ(read->compute, answer.compute);
  EXPECT_EQ(read->next.wait, answer.next.wait);
  EXPECT_EQ(read->next.service, answer.next.service);
  EXPECT_EQ(read->next.valid_for, answer.next.valid_for);
  ASSERT_TRUE(read->answer.has_value());
  EXPECT_EQ(read->answer->faces.at(0).track, 8U);
}

TEST(FrameAnswer, AFailureKeepsItsCodeAndSentence) {
  const task::FrameAnswer late{.id = 1,
                               .timestamp_us = 0,
                               .outcome = Outcome::kFailed,
                               .answer = Fail(DeadlineExceeded("run frame: late")),
                               .queued = {}};
  const std::string text = WriteFrameAnswer(late, "emotion", "node");
  EXPECT_EQ(
      text,
      R"({"id":1,"timestamp_us":0,"outcome":"failed","queued_ms":0,"compute_ms":0,"status":504,)"
      R"("error":"run frame: late"})");
  const Result<task::FrameAnswer> read = ParseFrameAnswer(Bytes(text));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->answer.error().code, Code::kDeadlineExceeded);
}

TEST(FrameAnswer, AFramePassedOverHasNeither) {
  const task::FrameAnswer skipped{.id = 1,
                                  .timestamp_us = 0,
                                  .outcome = Outcome::kSkipped,
                                  .answer = Fail(Cancelled("x")),
                                  .queued = {}};
  const std::string text = WriteFrameAnswer(skipped, "emotion", "node");
  EXPECT_EQ(text, R"({"id":1,"timestamp_us":0,"outcome":"skipped","queued_ms":0,"compute_ms":0})");
  EXPECT_EQ(ParseFrameAnswer(Bytes(text))->outcome, Outcome::kSkipped);
}

TEST(FrameAnswer, RefusesWhatIsNone) {
  for (
      const std::string_view text :
      {"", "{}", R"({"id":1,"timestamp_us":0,"outcome":"answered","queued_ms":0,"compute_ms":0})",
       R"({"id":1,"timestamp_us":0,"outcome":"guessed","queued_ms":0,"compute_ms":0})",
       R"({"id":-1,"timestamp_us":0,"outcome":"skipped","queued_ms":0,"compute_ms":0})",
       R"({"id":1,"timestamp_us":0,"outcome":"skipped","queued_ms":-1,"compute_ms":0})",
       R"({"id":1,"timestamp_us":0,"outcome":"skipped","queued_ms":0,"compute_ms":"x"})",
       R"({"id":1,"timestamp_us":0,"outcome":"skipped","queued_ms":0,"compute_ms":0,"next":{}})"}) {
    EXPECT_FALSE(ParseFrameAnswer(Bytes(text)).has_value()) << text;
  }
}

}  // namespace
}  // namespace perigee::wire
