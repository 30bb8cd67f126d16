#include "model/card.h"

#include <gtest/gtest.h>

namespace perigee::model {
namespace {

constexpr std::string_view kTensors = R"(
[[inputs]]
name = "image"
dtype = "UINT8"
shape = [-1, 112, 112, 3]
[[outputs]]
name = "probabilities"
dtype = "FP32"
shape = [-1, 2]
)";

std::string WithTensors(std::string_view before, std::string_view after = "") {
  return "name = \"m\"\n" + std::string(before) + std::string(kTensors) + std::string(after);
}

std::string Refusal(const std::string& toml) {
  const Result<Card> card = ParseCard(toml, "card.toml");
  if (card.has_value()) return "accepted";
  EXPECT_EQ(card.error().code, Code::kInvalidArgument);
  return card.error().message;
}

TEST(Card, ReadsTheEmotionModelsOwn) {
  const Result<Card> card = ReadCard(PERIGEE_SOURCE_DIR "/models/emotion/card.toml");
  ASSERT_TRUE(card.has_value()) << card.error().message;
  EXPECT_EQ(card->name, "emotion");
  EXPECT_EQ(card->file, "1/model.onnx");
  EXPECT_EQ(card->inputs[0].shape, (tensor::Shape{-1, 112, 112, 3}));
  ASSERT_TRUE(card->classifier.has_value());
  EXPECT_EQ(card->classifier->labels[1], "happy");
  EXPECT_EQ(card->outputs[0].labels, card->classifier->labels);
  EXPECT_FALSE(card->detector.has_value());
}

TEST(Card, ReadsTheFaceDetectorsOwn) {
  const Result<Card> card = ReadCard(PERIGEE_SOURCE_DIR "/models/face_detector/card.toml");
  ASSERT_TRUE(card.has_value()) << card.error().message;
  ASSERT_TRUE(card->detector.has_value());
  EXPECT_EQ(card->detector->decode, Detector::Decode::kAnchorGrid);
  EXPECT_EQ(card->detector->anchors.size(), 5U);
  EXPECT_FLOAT_EQ(card->detector->anchors[0][1], 2.094468F);
  EXPECT_EQ(card->detector->size_default, 416);
  EXPECT_EQ(card->detector->size_multiple, 32);
}

TEST(Card, KeepsTheDefaultsOfWhatIsAbsent) {
  const Result<Card> card = ParseCard(WithTensors(""), "card.toml");
  ASSERT_TRUE(card.has_value()) << card.error().message;
  EXPECT_EQ(card->version, 1);
  EXPECT_TRUE(card->sha256.empty());
  EXPECT_TRUE(card->file.empty());
}

TEST(Card, NamesLineOfWhatIsNoToml) {
  EXPECT_TRUE(
      Refusal("name = \"m\"\nversion = = 1\n").starts_with("read model card card.toml: line 2"));
}

TEST(Card, NamesTheKeyThatIsWrong) {
  const std::string lead = "read model card card.toml: key ";
  EXPECT_EQ(Refusal("version = 1"), lead + "name: is missing or empty");
  EXPECT_EQ(Refusal("name = \"m\""), lead + "inputs: is missing");
  EXPECT_EQ(Refusal(WithTensors("version = 0")), lead + "version: must be a whole number from 1");
  EXPECT_EQ(Refusal(WithTensors("licence = 3")), lead + "licence: must be text");
  EXPECT_EQ(Refusal("name = \"m\"\n[[inputs]]\nname = \"i\"\ndtype = \"FLOAT\"\nshape = [1]"),
            lead + "inputs[0].dtype: FLOAT is no type of the Open Inference Protocol");
  EXPECT_EQ(Refusal("name = \"m\"\n[[inputs]]\nname = \"i\"\ndtype = \"FP32\"\nshape = [-2]"),
            lead + "inputs[0].shape: dimensions are whole numbers from 1, or -1 for any");
}

TEST(Card, RefusesAFileThatLeavesTheFolderAndAnOddChecksum) {
  EXPECT_NE(Refusal(WithTensors("[file]\npath = \"../../etc/passwd\"")).find("stay below"),
            std::string::npos);
  EXPECT_NE(Refusal(WithTensors("[file]\npath = \"/model.onnx\"")).find("stay below"),
            std::string::npos);
  EXPECT_NE(Refusal(WithTensors("[file]\npath = \"m\"\nsha256 = \"12\"")).find("64 lower-case"),
            std::string::npos);
}

TEST(Card, CountsTheLabels) {
  EXPECT_NE(Refusal(WithTensors("", "[classifier]\nlabels = [\"a\", \"b\", \"c\"]"))
                .find("3 labels where output probabilities has 2 classes"),
            std::string::npos);
}

TEST(Card, RefusesDetectorsThatCannotBeDecoded) {
  const auto detector = [](const std::string& lines) {
    return Refusal(WithTensors("", "[detector]\n" + lines));
  };
  EXPECT_NE(detector("decode = \"yolo\"").find("neither anchor_grid nor boxes"), std::string::npos);
  EXPECT_NE(detector("decode = \"anchor_grid\"\nsize_default = 32").find("anchors: is missing"),
            std::string::npos);
  EXPECT_NE(detector("decode = \"boxes\"\nscore_min = 1.5").find("from 0 to 1"), std::string::npos);
  EXPECT_NE(
      detector("decode = \"boxes\"\nsizes = [100]\nsize_multiple = 32").find("multiples of 32"),
      std::string::npos);
  EXPECT_NE(detector("decode = \"boxes\"").find("size_default"), std::string::npos);
  EXPECT_EQ(detector("decode = \"boxes\"\nsize_default = 640"), "accepted");
}

TEST(Card, SaysWhichFileIsNotThere) {
  const Result<Card> card = ReadCard("/nonexistent/card.toml");
  ASSERT_FALSE(card.has_value());
  EXPECT_EQ(card.error().code, Code::kNotFound);
  EXPECT_EQ(card.error().message, "read model card /nonexistent/card.toml: cannot be opened");
}

}  // namespace
}  // namespace perigee::model
