#include "wire/management.h"

#include <gtest/gtest.h>

#include "wire/testing/text.h"

namespace perigee::wire {
namespace {

TEST(Management, WritesModelsWithTheirVersionsAndCanary) {
  model::ModelStatus model{"m", {{"1", model::ModelState::kReady, ""}}, {}};
  EXPECT_EQ(ModelStatusJson(model),
            R"({"name":"m","versions":[{"version":"1","state":"READY","reason":""}]})");
  model.canary = model::CanaryStatus{.stable = "1", .candidate = "2", .percent = 10};
  EXPECT_NE(ModelStatusJson(model).find(R"("canary":{"state":"watching","stable":"1")"),
            std::string::npos);
  EXPECT_TRUE(ModelListJson(std::span(&model, 1)).starts_with(R"({"models":[{"name":"m")"));
}

TEST(Management, NamesTheVariantsOfAModelThatHasSome) {
  model::ModelStatus status{
      .name = "m", .versions = {{"1", model::ModelState::kReady, ""}}, .canary = {}};
  EXPECT_EQ(ModelStatusJson(status).find("variants"), std::string::npos);
  status.variants = {"m_int8", "m_small"};
  EXPECT_TRUE(ModelStatusJson(status).ends_with(R"("variants":["m_int8","m_small"]})"))
      << ModelStatusJson(status);
}

TEST(Management, WritesWhatIsKnownOfAModelsSpeed) {
  EXPECT_EQ(ProfileJson({}), R"({"source":"unknown","points":[],)"
                             R"("plan":{"instances":1,"threads":1,"gather_max":1},"devices":[]})");
  const model::Profile profile{
      .source = model::ProfileSource::kMeasured,
      .points = {{2, std::chrono::microseconds(1500), std::chrono::milliseconds(2)}},
      .plan = {},
      .devices = {"cpu:0"},
      .cache_problem = "full"};
  const std::string json = ProfileJson(profile);
  EXPECT_NE(json.find(R"("source":"measured","points":[{"rows":2,"median_ms":1.5,"p95_ms":2}])"),
            std::string::npos)
      << json;
  EXPECT_TRUE(json.ends_with(R"("devices":["cpu:0"],"cache_problem":"full"})")) << json;
}

TEST(Management, ReadsACanaryWithItsDefaults) {
  const auto plan = ParseCanaryPlan(Bytes(R"({"version": "2", "percent": 25})"));
  ASSERT_TRUE(plan.has_value()) << plan.error().message;
  EXPECT_EQ(plan->version, "2");
  EXPECT_EQ(plan->percent, 25);
  EXPECT_EQ(plan->window, 100);
  EXPECT_EQ(ParseCanaryPlan(Bytes(R"({"version": 3})"))->version, "3");
}

TEST(Management, NamesWhatIsWrongWithACanary) {
  const auto refusal = [](std::string_view text) {
    const auto plan = ParseCanaryPlan(Bytes(text));
    return plan ? "accepted" : plan.error().message;
  };
  EXPECT_EQ(refusal("{}"), "read canary: version is missing");
  EXPECT_EQ(refusal(R"({"version": {}})"), "read canary: version must be a version");
  EXPECT_EQ(refusal(R"({"version": "2", "percent": "all"})"),
            "read canary: percent must be a number");
  EXPECT_NE(refusal(R"({"version": "2", "share": 3})").find("share is unknown"), std::string::npos);
  EXPECT_EQ(refusal("[]"), "read canary: not an object");
}

TEST(Management, TakesALoadWithoutFilesOfItsOwn) {
  EXPECT_TRUE(CheckLoadRequest({}, "load model m").has_value());
  EXPECT_TRUE(CheckLoadRequest(Bytes("{}"), "load model m").has_value());
  EXPECT_TRUE(
      CheckLoadRequest(Bytes(R"({"parameters": {"unload_dependents": true}})"), "unload model m")
          .has_value());
  const auto config =
      CheckLoadRequest(Bytes(R"({"parameters": {"config": "{}"}})"), "load model m");
  ASSERT_FALSE(config.has_value());
  EXPECT_EQ(config.error().code, Code::kUnimplemented);
  EXPECT_EQ(CheckLoadRequest(Bytes(R"({"parameters": {"x": 1}})"), "load model m").error().code,
            Code::kInvalidArgument);
  EXPECT_EQ(CheckLoadRequest(Bytes("3"), "load model m").error().code, Code::kInvalidArgument);
}

}  // namespace
}  // namespace perigee::wire
