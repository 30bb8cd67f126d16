#include <gtest/gtest.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "serving/testing/live_repository_fixture.h"

namespace perigee::serving {
namespace {

using State = model::CanaryStatus::State;

class CanaryTest : public LiveRepositoryTest {
 protected:
  void OpenWithTwo(Control control = Control::kStart) {
    Version("a/1");
    Card("a", kLatest);
    Open(control);
    Version("a/2");
    plan_.version = "2";
    plan_.percent = 50;
    plan_.window = 20;
    plan_.good_windows = 1;
  }
  std::optional<model::CanaryStatus> Canary() const { return repository_->Index().at(0).canary; }
  void Send(int count) {
    const model::SharedModel model = *models_.Find("a", "");
    for (int i = 0; i < count; ++i) (void)model::Run(*model, Submission::X(1, 1), {});
  }
  // Polling, with a canary of version 2 beside version 1, which the folder was last loaded with.
  void WatchWithCanary() {
    OpenWithTwo(Control::kPoll);
    plan_ = {.version = "2"};
    ASSERT_TRUE(repository_->StartCanary("a", plan_, {}).has_value());
  }
  model::CanaryPlan plan_;
};

TEST_F(CanaryTest, TakesHalfOfTheTrafficAndThePlaceOnceItIsGood) {
  OpenWithTwo();
  plan_.slowdown_max = 100;  // both compute nothing, in noise
  ASSERT_TRUE(repository_->StartCanary("a", plan_, {}).has_value());
  EXPECT_EQ(Index("a"), "1:READY 2:READY");
  EXPECT_EQ(Answering("a"), "1");  // the canary calls itself as stable does
  Send(60);
  ASSERT_TRUE(repository_->Rescan({}).has_value());  // comes after the verdict's job
  EXPECT_EQ(Canary()->state, State::kPromoted);
  EXPECT_EQ(Index("a"), "2:READY");
  EXPECT_EQ(Answering("a"), "2");
}

TEST_F(CanaryTest, EndsAsItWasWhenItIsStopped) {
  OpenWithTwo();
  ASSERT_TRUE(repository_->StartCanary("a", plan_, {}).has_value());
  EXPECT_EQ(repository_->StartCanary("a", plan_, {}).error().code, Code::kUnavailable);
  EXPECT_EQ(repository_->Unload("a", {}).error().code, Code::kUnavailable);
  ASSERT_TRUE(repository_->StopCanary("a", {}).has_value());
  EXPECT_EQ(Canary()->state, State::kStopped);
  EXPECT_EQ(Index("a"), "1:READY 2:UNAVAILABLE");
  EXPECT_EQ(Answering("a"), "1");
  EXPECT_EQ(repository_->StopCanary("a", {}).error().code, Code::kNotFound);
}

TEST_F(CanaryTest, IsNotLoadedByTheNextLooksAtTheFolderOnceItHasEnded) {
  Version("a/1");
  Card("a", kLatest);
  Open(Control::kPoll);
  Version("a/2");
  plan_.version = "2";
  ASSERT_TRUE(repository_->StartCanary("a", plan_, {}).has_value());
  ASSERT_TRUE(repository_->Rescan({}).has_value());
  ASSERT_TRUE(repository_->StopCanary("a", {}).has_value());
  for (int look = 0; look < 3; ++look) ASSERT_TRUE(repository_->Rescan({}).has_value());
  EXPECT_EQ(Index("a"), "1:READY 2:UNAVAILABLE");
  EXPECT_EQ(Answering("a"), "1");
  Version("a/3");
  for (int look = 0; look < 2; ++look) ASSERT_TRUE(repository_->Rescan({}).has_value());
  EXPECT_EQ(Answering("a"), "3");
}

TEST_F(CanaryTest, IsNotLoadedAfterAnEndWhileItsFolderWasAway) {
  for (const char* away : {"models", "models/a"}) {
    WatchWithCanary();
    std::filesystem::rename(folder_.path() / away, folder_.path() / "away");
    ASSERT_TRUE(repository_->StopCanary("a", {}).has_value());
    std::filesystem::rename(folder_.path() / "away", folder_.path() / away);
    Look(3);
    EXPECT_EQ(Index("a"), "1:READY 2:UNAVAILABLE") << away;
    EXPECT_EQ(Answering("a"), "1") << away;
    repository_.reset();
    std::filesystem::remove_all(folder_.path() / "models");
  }
}

TEST_F(CanaryTest, LosesToAVersionThatCameWhileItRan) {
  WatchWithCanary();
  Version("a/3");
  Look(3);
  EXPECT_EQ(Index("a"), "1:READY 2:READY");
  ASSERT_TRUE(repository_->StopCanary("a", {}).has_value());
  Look(2);
  EXPECT_EQ(Answering("a"), "3");
}

TEST_F(CanaryTest, OfAnOlderVersionStaysPromoted) {
  Version("a/2");
  Card("a", "");
  Open(Control::kPoll);
  Version("a/1");
  plan_ = {.version = "1", .percent = 50, .window = 20, .good_windows = 1, .slowdown_max = 100};
  ASSERT_TRUE(repository_->StartCanary("a", plan_, {}).has_value());
  Send(60);
  Look(4);
  EXPECT_EQ(Canary()->state, State::kPromoted);
  EXPECT_EQ(Index("a"), "1:READY 2:UNAVAILABLE");
  EXPECT_EQ(Answering("a"), "1");
}

TEST_F(CanaryTest, IsNotEndedByTheVerdictOfTheOneBefore) {
  OpenWithTwo();
  plan_.slowdown_max = 100;
  ASSERT_TRUE(repository_->StartCanary("a", plan_, {}).has_value());
  const model::SharedModel before = *models_.Find("a", "");
  ASSERT_TRUE(repository_->StopCanary("a", {}).has_value());
  ASSERT_TRUE(repository_->StartCanary("a", plan_, {}).has_value());
  for (int i = 0; i < 60; ++i) (void)model::Run(*before, Submission::X(1, 1), {});
  Look(1);  // comes after the verdict's job
  EXPECT_EQ(Canary()->state, State::kWatching);
  EXPECT_EQ(Index("a"), "1:READY 2:READY");
  Send(60);
  Look(1);
  EXPECT_EQ(Canary()->state, State::kPromoted);
}

TEST_F(CanaryTest, IsPromotedAndFollowedThoughItsFolderIsAway) {
  OpenWithTwo();
  plan_.slowdown_max = 100;
  ASSERT_TRUE(repository_->StartCanary("a", plan_, {}).has_value());
  std::filesystem::rename(folder_.path() / "models", folder_.path() / "away");
  const std::string before = changed_;
  Send(60);
  ASSERT_TRUE(repository_->Rescan({}).has_value());  // comes after the verdict's job
  EXPECT_EQ(Canary()->state, State::kPromoted);
  EXPECT_EQ(Answering("a"), "2");
  EXPECT_EQ(Index("a"), "1:READY 2:READY");
  EXPECT_EQ(changed_, before + "a");
}

TEST_F(CanaryTest, OfAModelThatIsToBeAVariantIsWaitedFor) {
  Version("a/1");
  Card("a", kLatest);
  Version("b/1");
  Open(Control::kPoll);
  Version("b/2");
  plan_.version = "2";
  ASSERT_TRUE(repository_->StartCanary("b", plan_, {}).has_value());
  Card("b", "");
  Card("a", std::string(kLatest) + "variants = [\"b\"]\n");
  Look(4);
  EXPECT_TRUE(warnings_.empty());
  EXPECT_EQ(repository_->Load("a", {}).error().code, Code::kUnavailable);
  ASSERT_TRUE(repository_->StopCanary("b", {}).has_value());
  Look(2);
  EXPECT_EQ(repository_->Index().at(0).variants, std::vector<std::string>{"b"});
}

TEST_F(CanaryTest, RefusesPlansThatMakeNoSense) {
  OpenWithTwo();
  plan_.version = "9";
  EXPECT_EQ(repository_->StartCanary("a", plan_, {}).error().code, Code::kNotFound);
  plan_.version = "1";
  EXPECT_NE(repository_->StartCanary("a", plan_, {}).error().message.find("no other version"),
            std::string::npos);
  plan_.percent = 100;
  EXPECT_EQ(repository_->StartCanary("a", plan_, {}).error().code, Code::kInvalidArgument);
}

}  // namespace
}  // namespace perigee::serving
