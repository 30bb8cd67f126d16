#include "wire/json.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <string>

#include "wire/base64.h"
#include "wire/json_writer.h"
#include "wire/testing/text.h"

namespace perigee::wire {
namespace {

using tensor::DType;

Result<Leaves> Read(std::string_view text, DType dtype) {
  const JsonDocument document = TRY(JsonDocument::Parse(Bytes(text), "parse"));
  return ReadLeaves(document.root(), dtype, BytesForm::kStringOrBase64Object);
}

template <typename T>
std::vector<T> Values(const Leaves& leaves) {
  std::vector<T> values(leaves.bytes.size() / sizeof(T));
  std::memcpy(values.data(), leaves.bytes.data(), leaves.bytes.size());
  return values;
}

TEST(JsonDocument, RefusesDeepNestingWithASentence) {
  for (const std::size_t depth : {std::size_t{100}, std::size_t{10'000}, std::size_t{1'000'000}}) {
    const auto document = JsonDocument::Parse(Bytes(std::string(depth, '[')), "parse");
    ASSERT_FALSE(document.has_value()) << depth;
    EXPECT_EQ(document.error().code, Code::kInvalidArgument);
  }
}

TEST(JsonDocument, RefusesWhatIsNotJson) {
  for (const char* text : {"", " ", "{", "[1,]", "NaN", "[Infinity]", "\"\xFF\"", "{} {}", "[01]",
                           "[1e999]", "{'a':1}"}) {
    EXPECT_FALSE(JsonDocument::Parse(Bytes(text), "parse").has_value()) << text;
  }
}

TEST(ReadLeaves, LearnsTheShapeFromTheNesting) {
  const auto leaves = Read("[[[1,2],[3,4],[5,6]]]", DType::kUint8);
  ASSERT_TRUE(leaves.has_value());
  EXPECT_EQ(leaves->shape, (tensor::Shape{1, 3, 2}));
  EXPECT_EQ(Values<std::uint8_t>(*leaves), (std::vector<std::uint8_t>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(Read("7", DType::kInt8)->shape, tensor::Shape{});
  EXPECT_EQ(Read("[[],[]]", DType::kInt8)->shape, (tensor::Shape{2, 0}));
}

TEST(ReadLeaves, RefusesRaggedNesting) {
  for (const char* text : {"[[1],[2,3]]", "[1,[2]]", "[[1],2]", "[[],[1]]", "[[[1]],[[]]]",
                           "[[],[[]]]", "[[1,2],[3]]"}) {
    EXPECT_FALSE(Read(text, DType::kInt32).has_value()) << text;
  }
}

TEST(ReadLeaves, RefusesIntegersOutOfTheDtypesRange) {
  EXPECT_TRUE(Read("[0,255]", DType::kUint8).has_value());
  EXPECT_FALSE(Read("[256]", DType::kUint8).has_value());
  EXPECT_FALSE(Read("[-1]", DType::kUint32).has_value());
  EXPECT_FALSE(Read("[128]", DType::kInt8).has_value());
  EXPECT_FALSE(Read("[1.5]", DType::kInt32).has_value());
  EXPECT_FALSE(Read("[9223372036854775808]", DType::kInt64).has_value());
  EXPECT_EQ(Values<std::uint64_t>(*Read("[18446744073709551615]", DType::kUint64))[0],
            std::numeric_limits<std::uint64_t>::max());
}

TEST(ReadLeaves, TakesIntegersAsFloatsAndRefusesTheirOverflow) {
  EXPECT_EQ(Values<float>(*Read("[1,2.5,-3]", DType::kFp32)), (std::vector<float>{1, 2.5F, -3}));
  EXPECT_FALSE(Read("[1e39]", DType::kFp32).has_value());
  EXPECT_TRUE(Read("[1e39]", DType::kFp64).has_value());
  EXPECT_FALSE(Read("[\"1\"]", DType::kFp32).has_value());
  EXPECT_FALSE(Read("[null]", DType::kFp32).has_value());
}

TEST(ReadLeaves, TakesTruthsAsWordsOrBits) {
  EXPECT_EQ(Values<std::uint8_t>(*Read("[true,0,1,false]", DType::kBool)),
            (std::vector<std::uint8_t>{1, 0, 1, 0}));
  EXPECT_FALSE(Read("[2]", DType::kBool).has_value());
}

TEST(ReadLeaves, RefusesHalfFloatsWithASentence) {
  for (const DType dtype : {DType::kFp16, DType::kBf16}) {
    const auto leaves = Read("[1]", dtype);
    ASSERT_FALSE(leaves.has_value());
    EXPECT_NE(leaves.error().message.find("binary"), std::string::npos);
  }
}

TEST(Base64, RoundTripsEveryLengthAndRefusesOtherText) {
  std::string bytes;
  for (int length = 0; length < 70; ++length) {
    EXPECT_EQ(DecodeBase64(EncodeBase64(bytes)), bytes);
    bytes += static_cast<char>(length * 37);
  }
  EXPECT_EQ(EncodeBase64("foob"), "Zm9vYg==");
  EXPECT_EQ(DecodeBase64("-_-_"), DecodeBase64("+/+/"));
  for (const char* text : {"A", "====", "Zm9v!", "Z=9v", "Zm9vYg===="}) {
    EXPECT_FALSE(DecodeBase64(text).has_value()) << text;
  }
}

TEST(JsonWriter, WritesTheShortestDigitsThatReadBackTheSame) {
  JsonWriter json;
  json.BeginArray().Float(0.1F).Number(0.1).Float(INFINITY).Number(NAN).Float(-0.0F).EndArray();
  EXPECT_EQ(std::move(json).Take(), "[0.1,0.1,null,null,-0]");
}

}  // namespace
}  // namespace perigee::wire
