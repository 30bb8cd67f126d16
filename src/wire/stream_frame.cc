#include "wire/stream_frame.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <utility>

#include "wire/error.h"
#include "wire/json.h"
#include "wire/json_writer.h"
#include "wire/load_report.h"
#include "wire/oip_tensor.h"
#include "wire/task_api.h"

namespace perigee::wire {
namespace {

using Outcome = task::FrameAnswer::Outcome;

constexpr std::size_t kLengthBytes = 4;
constexpr double kBudgetMax = 1e12;  // ms, some thirty years: more is no deadline

std::uint32_t LittleEndian(std::span<const std::byte> bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < kLengthBytes; ++i) {
    value |= std::to_integer<std::uint32_t>(bytes[i]) << (8 * i);
  }
  return value;
}

Error Broken(std::string_view why) {
  return InvalidArgument(fmt::format("parse stream frame: {}", why));
}

Result<void> ReadHeader(JsonValue root, StreamFrame& frame) {
  if (!root.IsObject()) return Fail(Broken("the header is no object"));
  if (const auto id = root.Find("id")) {
    const auto number = id->Integer();
    if (!number || *number < 0) return Fail(Broken("id is no integer from 0 to 2^63-1"));
    frame.id = static_cast<std::uint64_t>(*number);
  }
  if (const auto timestamp = root.Find("timestamp_us")) {
    const auto number = timestamp->Integer();
    if (!number) return Fail(Broken("timestamp_us is no 64-bit integer"));
    frame.timestamp_us = *number;
  }
  if (const auto budget = root.Find("budget_ms")) {
    const auto number = budget->Number();
    if (!number) return Fail(Broken("budget_ms is no number"));
    if (*number > kBudgetMax) return {};
    frame.budget = *number > 0 ? Duration(std::llround(*number * 1e6)) : Duration::zero();
  }
  return {};
}

Error BrokenAnswer(std::string_view why) {
  return InvalidArgument(fmt::format("parse frame answer: {}", why));
}

Result<Outcome> ReadOutcome(JsonValue root) {
  const std::string name = TRY(ReadText(root, "outcome"));
  for (const Outcome outcome : {Outcome::kAnswered, Outcome::kTracked, Outcome::kUnchanged,
                                Outcome::kSkipped, Outcome::kFailed}) {
    if (task::OutcomeName(outcome) == name) return outcome;
  }
  return Fail(BrokenAnswer("the outcome is unknown"));
}

Result<std::int64_t> ReadInteger(JsonValue root, std::string_view key) {
  const auto value = root.Find(key);
  const auto number = value ? value->Integer() : std::nullopt;
  if (!number) return Fail(BrokenAnswer(fmt::format("{} is no integer", key)));
  return *number;
}

Result<Duration> ReadTime(JsonValue root, std::string_view key) {
  const auto value = root.Find(key);
  const auto number = value ? value->Number() : std::nullopt;
  if (!number || !(*number >= 0 && *number <= kBudgetMax)) {
    return Fail(BrokenAnswer(fmt::format("{} is no time", key)));
  }
  return Duration(std::llround(*number * 1e6));
}

// A node that predicts nothing leaves it out.
Result<task::Hint> ReadNext(JsonValue root) {
  const auto next = root.Find("next");
  if (!next) return task::Hint{};
  task::Hint hint;
  hint.wait = TRY(ReadTime(*next, "wait_ms"));
  hint.service = TRY(ReadTime(*next, "service_ms"));
  hint.valid_for = TRY(ReadTime(*next, "valid_ms"));
  return hint;
}

// The node's own error, or ours if the message has none.
Error ReadFailure(JsonValue root) {
  const Result<std::int64_t> status = ReadInteger(root, "status");
  Result<std::string> why = ReadText(root, "error");
  if (!status || !why || *status < 400 || *status > 599) {
    return BrokenAnswer("a failure has a status and a sentence");
  }
  return {CodeOfStatus(static_cast<int>(*status)), *std::move(why)};
}

Result<task::Answer> ReadAnswerOf(JsonValue root, Outcome outcome) {
  if (outcome == Outcome::kFailed) return Fail(ReadFailure(root));
  if (outcome == Outcome::kSkipped) return Fail(Cancelled("run frame: a fresher one came"));
  const auto value = root.Find("answer");
  if (!value) return Fail(BrokenAnswer("there is no answer"));
  TaskAnswer answer = TRY(ReadAnswer(*value));
  return std::move(answer.answer);
}

}  // namespace

Result<void> ParseStreamFrame(std::span<const std::byte> message, StreamFrame& frame) {
  if (message.size() < kLengthBytes) return Fail(Broken("it is shorter than a header's length"));
  const std::uint32_t length = LittleEndian(message);
  // JPEG, PNG and WebP all begin with bytes that are a much larger number.
  if (length > kStreamHeaderMax) return {};
  if (length > message.size() - kLengthBytes) {
    return Fail(Broken(fmt::format("a header of {} bytes does not fit", length)));
  }
  frame.picture_at = kLengthBytes + length;
  const JsonDocument document =
      TRY(JsonDocument::Parse(message.subspan(kLengthBytes, length), "parse stream frame header"));
  return ReadHeader(document.root(), frame);
}

std::string StreamFrameHead(const StreamFrame& frame) {
  JsonWriter json;
  json.BeginObject();
  if (frame.id) json.Key("id").Unsigned(*frame.id);
  json.Key("timestamp_us").Integer(frame.timestamp_us);
  if (frame.budget) json.Key("budget_ms").Number(ToMilliseconds(*frame.budget));
  json.EndObject();
  const std::string header = std::move(json).Take();
  std::string head;
  for (std::size_t i = 0; i < kLengthBytes; ++i) {
    head.push_back(static_cast<char>(header.size() >> (8 * i)));
  }
  return head + header;
}

std::string WriteFrameAnswer(const task::FrameAnswer& answer, const std::string& task,
                             const std::string& node) {
  JsonWriter json;
  json.BeginObject().Key("id").Unsigned(answer.id);
  json.Key("timestamp_us").Integer(answer.timestamp_us);
  json.Key("outcome").String(task::OutcomeName(answer.outcome));
  json.Key("queued_ms").Number(ToMilliseconds(answer.queued));
  json.Key("compute_ms").Number(ToMilliseconds(answer.compute));
  if (answer.next.valid_for > Duration{}) WriteHint(answer.next, json.Key("next"));
  if (answer.outcome == Outcome::kFailed && !answer.answer) {
    const Error& error = answer.answer.error();
    json.Key("status").Integer(HttpStatus(error.code)).Key("error").String(error.message);
  }
  json.EndObject();
  std::string text = std::move(json).Take();
  if (!answer.answer) return text;
  text.pop_back();
  return text + ",\"answer\":" + WriteAnswer({task, node, *answer.answer}) + "}";
}

Result<task::FrameAnswer> ParseFrameAnswer(std::span<const std::byte> message) {
  const JsonDocument document = TRY(JsonDocument::Parse(message, "parse frame answer"));
  const JsonValue root = document.root();
  task::FrameAnswer answer;
  const std::int64_t id = TRY(ReadInteger(root, "id"));
  if (id < 0) return Fail(BrokenAnswer("id is negative"));
  answer.id = static_cast<std::uint64_t>(id);
  answer.timestamp_us = TRY(ReadInteger(root, "timestamp_us"));
  answer.outcome = TRY(ReadOutcome(root));
  answer.queued = TRY(ReadTime(root, "queued_ms"));
  if (root.Find("compute_ms")) answer.compute = TRY(ReadTime(root, "compute_ms"));
  answer.next = TRY(ReadNext(root));
  answer.answer = ReadAnswerOf(root, answer.outcome);
  const bool must_have = answer.outcome != Outcome::kFailed && answer.outcome != Outcome::kSkipped;
  if (must_have && !answer.answer) return Fail(answer.answer.error());
  return answer;
}

}  // namespace perigee::wire
