#include "task/task_set.h"

#include <gtest/gtest.h>

#include "task/testing/fake_task.h"

namespace perigee::task {
namespace {

SharedTask Named(std::string name, std::string summary = "") {
  Description description;
  description.name = std::move(name);
  description.summary = std::move(summary);
  return std::make_shared<FakeTask>(std::move(description), [](const Payload&, const Context&) {
    return Result<Answer>(Answer());
  });
}

TEST(TaskSet, FindsWhatWasPutAndSaysWhatIsMissing) {
  TaskSet set;
  set.Put({Named("emotion"), {}});
  EXPECT_EQ((*set.Find("emotion")).task->description().name, "emotion");
  EXPECT_EQ(set.Find("pose").error().code, Code::kNotFound);
  set.Remove("emotion");
  EXPECT_FALSE(set.Find("emotion").has_value());
}

TEST(TaskSet, KeepsATaskThatWasReplacedForWhoeverFoundIt) {
  TaskSet set;
  set.Put({Named("emotion", "old"), {}});
  const Result<Seat> found = set.Find("emotion");
  set.Put({Named("emotion", "new"), {}});
  EXPECT_EQ(found->task->description().summary, "old");
  EXPECT_EQ((*set.Find("emotion")).task->description().summary, "new");
}

TEST(TaskSet, ListsByName) {
  TaskSet set;
  set.Put({Named("b"), {}});
  set.Put({Named("a"), {}});
  ASSERT_EQ(set.All().size(), 2U);
  EXPECT_EQ(set.All().front().task->description().name, "a");
}

}  // namespace
}  // namespace perigee::task
