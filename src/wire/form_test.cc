#include "wire/form.h"

#include <gtest/gtest.h>

#include "wire/testing/text.h"

namespace perigee::wire {
namespace {

constexpr std::string_view kType = "multipart/form-data; boundary=\"xY\"";

// As long as the test: payloads borrow it.
Result<task::Payload> Parse(std::string text, std::string_view content_type = kType) {
  static std::string body;
  body = std::move(text);
  return ParseMultipart(Bytes(body), content_type);
}

std::string Field(std::string_view name, std::string_view value) {
  return "--xY\r\nContent-Disposition: form-data; name=\"" + std::string(name) + "\"\r\n\r\n" +
         std::string(value) + "\r\n";
}

std::string File(std::string_view content) {
  return "--xY\r\ncontent-disposition: form-data; name=image; filename=\"a;b.jpg\"\r\n"
         "Content-Type: Image/JPEG\r\n\r\n" +
         std::string(content) + "\r\n";
}

std::string_view Text(const task::Payload& payload) {
  return {reinterpret_cast<const char*>(payload.bytes.data()), payload.bytes.size()};
}

TEST(Query, DecodesEscapesAndSpaces) {
  const auto options = ParseQuery("min_score=0.5&na%C3%AFve=a+b%26c&empty=&flag");
  ASSERT_TRUE(options.has_value());
  EXPECT_EQ(*options,
            (task::Options{{"min_score", "0.5"}, {"naïve", "a b&c"}, {"empty", ""}, {"flag", ""}}));
}

TEST(Query, ComesBackFromWriteQuery) {
  const task::Options options = {{"a b", "&=+%"}, {"ü", "~\n\""}};
  EXPECT_EQ(*ParseQuery(WriteQuery(options)), options);
}

TEST(Query, RefusesWhatIsBrokenTwiceOrTooMuch) {
  std::string many;
  for (std::size_t i = 0; i <= kOptionsMax; ++i) many += "o" + std::to_string(i) + "=1&";
  for (const std::string& query : {std::string("a=%"), std::string("a=%4"), std::string("a=%zz"),
                                   std::string("=1"), std::string("a=1&a=2"), std::string("a=%FF"),
                                   many, std::string(kOptionNameBytesMax + 1, 'n') + "=1",
                                   "a=" + std::string(kOptionValueBytesMax + 1, 'v')}) {
    const auto options = ParseQuery(query);
    ASSERT_FALSE(options.has_value()) << query;
    EXPECT_EQ(options.error().code, Code::kInvalidArgument);
  }
}

TEST(MediaType, IsLowerCaseWithoutParameters) {
  EXPECT_EQ(MediaType(" Image/JPEG ; q=1"), "image/jpeg");
  EXPECT_EQ(MediaType(""), "");
}

TEST(Multipart, FindsThePayloadAndTheOptions) {
  const std::string picture = "\xFF\xD8\r\n\r\n--x\r\n--xZ";
  const auto payload =
      Parse(Field("min_score", "0.5") + File(picture) + Field("n", "") + "--xY--\r\n");
  ASSERT_TRUE(payload.has_value()) << payload.error().message;
  EXPECT_EQ(Text(*payload), picture);
  EXPECT_EQ(payload->media_type, "image/jpeg");
  EXPECT_EQ(payload->options, (task::Options{{"min_score", "0.5"}, {"n", ""}}));
}

TEST(Multipart, BorrowsTheBody) {
  const std::string body = File("picture") + "--xY--";
  const auto payload = ParseMultipart(Bytes(body), kType);
  ASSERT_TRUE(payload.has_value());
  EXPECT_EQ(payload->bytes.data(), Bytes(body).data() + body.find("picture"));
}

TEST(Multipart, IgnoresPreambleAndPadding) {
  const auto payload = Parse("hello\r\n--xY  \r\nContent-Type: image/png\r\n\r\nP\r\n--xY--");
  ASSERT_TRUE(payload.has_value()) << payload.error().message;
  EXPECT_EQ(Text(*payload), "P");
}

TEST(Multipart, RefusesMalformedForms) {
  for (const std::string& body :
       {std::string(), std::string("--xY--"), File("a"), Field("a", "1") + "--xY--",
        File("a") + File("b") + "--xY--", Field("a", "1") + Field("a", "2") + File("") + "--xY--",
        Field("", "1") + File("") + "--xY--", "--xY\r\nno colon\r\n\r\n\r\n" + File("") + "--xY--",
        Field("a", std::string(kOptionValueBytesMax + 1, 'v')) + File("") + "--xY--",
        "--xY\r\nx: " + std::string(5000, 'x') + "\r\n\r\n\r\n" + File("") + "--xY--"}) {
    EXPECT_FALSE(Parse(body).has_value()) << body.substr(0, 200);
  }
}

TEST(Multipart, RefusesTooManyParts) {
  std::string body;
  for (std::size_t i = 0; i <= kPartsMax; ++i) body += Field("o" + std::to_string(i), "1");
  EXPECT_FALSE(Parse(body + File("a") + "--xY--").has_value());
}

TEST(Multipart, RefusesAnotherTypeOrBoundary) {
  for (const char* type : {"", "image/jpeg", "multipart/form-data",
                           "multipart/form-data; boundary=", "multipart/form-data; boundary=\"xY",
                           "multipart/form-data; boundary=z"}) {
    EXPECT_FALSE(Parse(File("a") + "--xY--", type).has_value()) << type;
  }
}

TEST(Multipart, RefusesEveryTruncation) {
  const std::string body = Field("a", "1") + File("picture") + "--xY--";
  for (std::size_t size = 0; size + 1 < body.size(); ++size) {
    EXPECT_FALSE(Parse(body.substr(0, size)).has_value()) << size;
  }
}

}  // namespace
}  // namespace perigee::wire
