#include "wire/task_api.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "wire/testing/text.h"

namespace perigee::wire {
namespace {

using nlohmann::json;

TaskAnswer Answer() {
  task::Answer answer{640, 480, {}, {{"face_detector", "1"}, {"emotion", "1"}}, {}};
  answer.faces.push_back(
      {{1.5F, -2, 30, 40.25F}, 0.9F, "happy", {{"neutral", 0.25F}, {"happy", 0.75F}}});
  answer.stages = {{"decode", std::chrono::microseconds(1250)},
                   {"detect", std::chrono::microseconds(2500)}};
  return {"emotion", "node-1", std::move(answer)};
}

TEST(TaskAnswer, HasTheShapeOfTheContract) {
  EXPECT_EQ(WriteAnswer(Answer()),
            R"({"task":"emotion","node":"node-1","image":{"width":640,"height":480},"faces":[)"
            R"({"box":{"x":1.5,"y":-2,"width":30,"height":40.25},"score":0.9,"emotion":"happy",)"
            R"("probabilities":{"neutral":0.25,"happy":0.75}}],"models":[{"name":"face_detector",)"
            R"("version":"1"},{"name":"emotion","version":"1"}],)"
            R"("timing_ms":{"decode":1.25,"detect":2.5,"total":3.75}})");
}

TEST(TaskAnswer, ComesBackToTheClient) {
  const auto read = ParseAnswer(Bytes(WriteAnswer(Answer())));
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(read->answer.faces[0].probabilities[1].label, "happy");
  EXPECT_EQ(read->answer.faces[0].score, 0.9F);
  EXPECT_EQ(read->answer.stages.size(), 2U);
  EXPECT_EQ(read->answer.stages[0].duration, std::chrono::microseconds(1250));
  EXPECT_EQ(WriteAnswer(*read), WriteAnswer(Answer()));
}

TEST(TaskAnswer, KeepsAnyNumbersExactly) {
  std::mt19937 random(7);
  std::uniform_real_distribution<float> any(0, 1);
  for (int i = 0; i < 200; ++i) {
    TaskAnswer answer = Answer();
    answer.answer.faces[0].box.x = any(random) * 4000 - 100;
    answer.answer.faces[0].probabilities[0].probability = any(random);
    answer.answer.stages[0].duration = Duration(random());
    const auto read = ParseAnswer(Bytes(WriteAnswer(answer)));
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(read->answer.faces[0].box.x, answer.answer.faces[0].box.x);
    EXPECT_EQ(read->answer.stages[0].duration, answer.answer.stages[0].duration);
    EXPECT_EQ(WriteAnswer(*read), WriteAnswer(answer));
  }
}

TEST(TaskAnswer, RefusesAnythingElse) {
  const json whole = json::parse(WriteAnswer(Answer()));
  for (const char* key : {"image", "faces", "timing_ms"}) {
    json broken = whole;
    broken.erase(key);
    EXPECT_FALSE(ParseAnswer(Bytes(broken.dump())).has_value()) << key;
  }
  json broken = whole;
  broken["faces"][0]["probabilities"]["happy"] = 1.5;
  EXPECT_FALSE(ParseAnswer(Bytes(broken.dump())).has_value());
  broken = whole;
  broken["faces"][0]["box"]["x"] = "1";
  EXPECT_FALSE(ParseAnswer(Bytes(broken.dump())).has_value());
}

TEST(TaskList, DescribesTasksAndTheirOptions) {
  task::Description task{"emotion", "Faces.", {"image/jpeg"}, {}, {{"emotion", "1"}}, {"happy"}};
  task.options = {{"min_score", "number", 0, 1, "Least score."}};
  const json list = json::parse(TaskListJson(std::vector<task::Description>{task}));
  EXPECT_EQ(list["tasks"][0], json::parse(TaskJson(task)));
  EXPECT_EQ(list["tasks"][0]["options"][0], json({{"name", "min_score"},
                                                  {"type", "number"},
                                                  {"minimum", 0},
                                                  {"maximum", 1},
                                                  {"summary", "Least score."}}));
  EXPECT_EQ(list["tasks"][0]["media_types"][0], "image/jpeg");
  EXPECT_EQ(list["tasks"][0]["labels"][0], "happy");
}

TEST(TaskApi, ReadsTheTaskThatItWrote) {
  task::Description written;
  written.name = "emotion";
  written.summary = "Faces.";
  written.options = {{"faces_max", "integer", 1, 10, "At most."}};
  written.labels = {"sad", "glad"};
  const std::string text = TaskJson(written);
  const Result<task::Description> read = ParseTask(std::as_bytes(std::span(text)));
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(read->name, "emotion");
  EXPECT_EQ(read->options[0].name, "faces_max");
  EXPECT_EQ(read->labels, written.labels);
  const std::string broken = R"({"name": 7})";
  EXPECT_FALSE(ParseTask(std::as_bytes(std::span(broken))).has_value());
}

}  // namespace
}  // namespace perigee::wire
