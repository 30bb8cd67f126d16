#include "serving/profiler.h"

#include <gtest/gtest.h>

namespace perigee::serving {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Makes every run that is asked for take what `took` says; the sizes in the order they came.
template <typename Took>
std::vector<int> MeasureAll(Profiler& profiler, Took took) {
  std::vector<int> sizes;
  for (int runs = 0; profiler.Next() && runs < 1000; ++runs) {
    if (sizes.empty() || sizes.back() != *profiler.Next()) sizes.push_back(*profiler.Next());
    profiler.Add(took(*profiler.Next(), runs));
  }
  EXPECT_FALSE(profiler.Next().has_value());
  return sizes;
}

TEST(Profiler, MeasuresPowersOfTwoAndTheLargest) {
  const auto quick = [](int rows, int) { return milliseconds(rows); };
  for (const auto& [rows_max, sizes] : std::vector<std::pair<int, std::vector<int>>>{
           {0, {}}, {1, {1}}, {2, {1, 2}}, {6, {1, 2, 4, 6}}, {8, {1, 2, 4, 8}}}) {
    Profiler profiler(rows_max);
    EXPECT_EQ(MeasureAll(profiler, quick), sizes);
    ASSERT_EQ(profiler.Points().size(), sizes.size());
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      EXPECT_EQ(profiler.Points()[i].rows, sizes[i]);
      EXPECT_EQ(profiler.Points()[i].median, milliseconds(sizes[i]));
    }
  }
}

TEST(Profiler, LeavesOutTheFirstRunOfASize) {
  Profiler profiler(1);
  MeasureAll(profiler, [](int, int run) { return milliseconds(run == 0 ? 400 : 2); });
  EXPECT_EQ(profiler.Points()[0].p95, milliseconds(2));
}

TEST(Profiler, ATimeThatIsAnAccidentMakesNoPromise) {
  Profiler profiler(1);
  MeasureAll(profiler, [](int, int run) { return milliseconds(run == 3 ? 90 : 2); });
  EXPECT_EQ(profiler.Points()[0].median, milliseconds(2));
  EXPECT_EQ(profiler.Points()[0].p95, milliseconds(3));
}

TEST(Profiler, MeasuresASlowModelFewerTimesAndNotAtAllSizes) {
  Profiler profiler(8);
  int runs = 0;
  const auto slow = [&runs](int rows, int) {
    ++runs;
    return seconds(2 * rows);
  };
  EXPECT_EQ(MeasureAll(profiler, slow), (std::vector<int>{1, 2}));
  EXPECT_EQ(runs, 4);
}

TEST(Profiler, AsksAgainForWhatWasDisturbedButNotForEver) {
  Profiler profiler(2);
  profiler.Disturbed();
  EXPECT_EQ(profiler.Next(), 1);
  for (int i = 0; i < 10'000 && profiler.Next(); ++i) profiler.Disturbed();
  EXPECT_FALSE(profiler.Next().has_value());
  EXPECT_TRUE(profiler.Points().empty());
}

TEST(Profiler, GivesUpOnAModelThatCannotRun) {
  Profiler profiler(8);
  profiler.GiveUp();
  EXPECT_FALSE(profiler.Next().has_value());
}

}  // namespace
}  // namespace perigee::serving
