#include "model/card_serving.h"

#include <gtest/gtest.h>

#include "model/card.h"

namespace perigee::model {
namespace {

constexpr std::string_view kTensors = R"(name = "m"
[[inputs]]
name = "x"
dtype = "FP32"
shape = [-1, 2]
[[outputs]]
name = "y"
dtype = "FP32"
shape = [-1, 2]
)";

Result<Card> With(std::string_view tables) {
  return ParseCard(std::string(kTensors) + std::string(tables), "c");
}

std::string Refusal(std::string_view tables) {
  const Result<Card> card = With(tables);
  return card.has_value() ? "accepted" : card.error().message;
}

TEST(CardServing, LeavesEverythingOpenWithoutTheTable) {
  const Result<Card> card = With("");
  ASSERT_TRUE(card.has_value()) << card.error().message;
  EXPECT_FALSE(card->serving.versions.has_value());
  EXPECT_FALSE(card->serving.instances.has_value());
  EXPECT_TRUE(card->golden.empty());
}

TEST(CardServing, ReadsEveryKey) {
  const Result<Card> card = With(R"([serving]
versions = "latest 2"
instances = 3
threads = 2
batch_max = 16
gather_max = 4
wait_max_us = 500
queue_max = 64
device = "cpu"
estimate_us = {"1" = 1500, "8" = 9000}
variants = ["m_int8"]
)");
  ASSERT_TRUE(card.has_value()) << card.error().message;
  const ServingTable& serving = card->serving;
  EXPECT_EQ(serving.versions->kind, VersionPolicy::Kind::kLatest);
  EXPECT_EQ(serving.versions->latest, 2);
  EXPECT_EQ(serving.instances, 3);
  EXPECT_EQ(serving.batch_max, 16);
  EXPECT_EQ(serving.wait_max, std::chrono::microseconds(500));
  EXPECT_EQ(serving.estimate.at(8), std::chrono::milliseconds(9));
  EXPECT_EQ(serving.variants, (std::vector<std::string>{"m_int8"}));
}

TEST(CardServing, KnowsThreeKindsOfVersionPolicy) {
  EXPECT_EQ(With("[serving]\nversions = \"all\"")->serving.versions->kind,
            VersionPolicy::Kind::kAll);
  EXPECT_EQ(With("[serving]\nversions = [3, 1]")->serving.versions->versions,
            (std::vector<int>{3, 1}));
  EXPECT_NE(Refusal("[serving]\nversions = \"newest\"").find("serving.versions: must be"),
            std::string::npos);
  EXPECT_NE(Refusal("[serving]\nversions = [0]").find("whole number from 1"), std::string::npos);
  EXPECT_NE(Refusal("[serving]\nversions = []").find("names none"), std::string::npos);
}

TEST(CardServing, RefusesAWishThatNobodyWouldRead) {
  EXPECT_NE(Refusal("[serving]\ninstance = 3").find("serving.instance: is unknown here"),
            std::string::npos);
  EXPECT_NE(Refusal("[serving]\ninstances = 0").find("whole number from 1"), std::string::npos);
  EXPECT_NE(Refusal("[serving]\nestimate_us = {one = 3}").find("no number of rows"),
            std::string::npos);
  EXPECT_NE(Refusal("[serving]\nvariants = [\"../x\"]").find("names of folders"),
            std::string::npos);
  EXPECT_NE(Refusal("[serving]\nvariants = [\"x\", \"x\"]").find("names x twice"),
            std::string::npos);
  EXPECT_NE(Refusal("[serving]\nvariants = [\"2\"]").find("2 is a version's name"),
            std::string::npos);
}

TEST(CardServing, ReadsGoldenVectors) {
  const Result<Card> card = With(R"([[golden]]
version = 1
fill = "random"
seed = 7
tolerance = 0.01
inputs = [{name = "x", shape = [1, 2]}]
outputs = [{name = "y", values = [1, 0.5]}]
)");
  ASSERT_TRUE(card.has_value()) << card.error().message;
  const Golden& golden = card->golden.at(0);
  EXPECT_EQ(golden.version, 1);
  EXPECT_EQ(golden.fill, Golden::Fill::kRandom);
  EXPECT_EQ(golden.seed, 7U);
  EXPECT_EQ(golden.inputs.at(0).shape, (tensor::Shape{1, 2}));
  EXPECT_EQ(golden.outputs.at(0).values, (std::vector<double>{1, 0.5}));
}

TEST(CardServing, RefusesGoldenVectorsThatSayNothing) {
  EXPECT_NE(Refusal("[[golden]]\nfill = \"zero\"").find("golden[0].outputs: is missing"),
            std::string::npos);
  EXPECT_NE(Refusal("[[golden]]\nfill = \"one\"").find("neither zero nor random"),
            std::string::npos);
  EXPECT_NE(Refusal("[[golden]]\nfill = \"zero\"\noutputs = [{name = \"y\"}]").find("values or"),
            std::string::npos);
}

}  // namespace
}  // namespace perigee::model
