#include "task/options.h"

#include <gtest/gtest.h>

namespace perigee::task {
namespace {

Description Sample() {
  Description description{.name = "emotion"};
  description.options = {{"min_score", "number", 0, 1, ""}, {"faces_max", "integer", 1, 100, ""}};
  return description;
}

TEST(Options, AcceptsWhatTheTableNames) {
  EXPECT_TRUE(CheckOptions({{"min_score", "0.5"}, {"faces_max", "3"}}, Sample()).has_value());
}

TEST(Options, RefusesAnUnknownNameAndSaysWhichExist) {
  const auto checked = CheckOptions({{"min_skore", "0.5"}}, Sample());
  ASSERT_FALSE(checked.has_value());
  EXPECT_EQ(checked.error().message,
            "option min_skore: task emotion knows only min_score, faces_max");
}

TEST(Options, RefusesWhatIsNoNumberOrOutOfRange) {
  for (const char* text : {"", "x", "nan", "inf", "1.5", "-0.1", "0.5 "}) {
    EXPECT_FALSE(CheckOptions({{"min_score", text}}, Sample()).has_value()) << text;
  }
  EXPECT_FALSE(CheckOptions({{"faces_max", "2.5"}}, Sample()).has_value());
}

TEST(Options, FallsBackWhenAbsent) {
  EXPECT_EQ(NumberOr({}, "min_score", 0.25), 0.25);
  EXPECT_EQ(NumberOr({{"min_score", "0.75"}}, "min_score", 0.25), 0.75);
}

}  // namespace
}  // namespace perigee::task
