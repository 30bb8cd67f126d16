#include "wire/error.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "wire/testing/text.h"

namespace perigee::wire {
namespace {

constexpr Code kCodes[] = {Code::kInvalidArgument,   Code::kNotFound,
                           Code::kUnauthenticated,   Code::kPermissionDenied,
                           Code::kResourceExhausted, Code::kDeadlineExceeded,
                           Code::kCancelled,         Code::kUnavailable,
                           Code::kUnimplemented,     Code::kInternal};

TEST(HttpTable, EveryCodeHasAStatusThatLeadsBackToIt) {
  for (const Code code : kCodes) EXPECT_EQ(CodeOfStatus(HttpStatus(code)), code) << CodeName(code);
  EXPECT_EQ(HttpStatus(Code::kInvalidArgument), 400);
  EXPECT_EQ(HttpStatus(Code::kResourceExhausted), 429);
  EXPECT_EQ(HttpStatus(Code::kDeadlineExceeded), 504);
}

TEST(HttpTable, StatusesOutsideItGoByTheirClass) {
  EXPECT_EQ(CodeOfStatus(413), Code::kInvalidArgument);
  EXPECT_EQ(CodeOfStatus(502), Code::kInternal);
  EXPECT_EQ(CodeOfStatus(302), Code::kInternal);
}

TEST(ErrorJson, IsValidJsonWhateverTheBytes) {
  std::string message;
  for (int byte = 0; byte < 256; ++byte) message += static_cast<char>(byte);
  const auto parsed = nlohmann::json::parse(ErrorJson(message), nullptr, false);
  ASSERT_FALSE(parsed.is_discarded());
  const std::string read = parsed["error"];
  EXPECT_EQ(read.substr(0, 128), message.substr(0, 128));
  EXPECT_EQ(read.substr(128, 3), "\xEF\xBF\xBD");
}

TEST(ErrorJson, KeepsWhatIsUtf8AndReplacesOverlongAndSurrogateForms) {
  EXPECT_EQ(ErrorJson("é😀"), "{\"error\":\"é😀\"}");
  for (const char* broken : {"\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82"}) {
    EXPECT_FALSE(nlohmann::json::parse(ErrorJson(broken), nullptr, false).is_discarded());
    EXPECT_NE(ErrorJson(broken).find("\xEF\xBF\xBD"), std::string::npos);
  }
}

TEST(ParseError, ReadsTheSentenceOrFallsBackToTheStatus) {
  const Error read = ParseError(404, Bytes(ErrorJson("find model x: unknown")));
  EXPECT_EQ(read.code, Code::kNotFound);
  EXPECT_EQ(read.message, "find model x: unknown");
  const Error page = ParseError(503, Bytes("<html>"));
  EXPECT_EQ(page.code, Code::kUnavailable);
  EXPECT_NE(page.message.find("503"), std::string::npos);
}

}  // namespace
}  // namespace perigee::wire
