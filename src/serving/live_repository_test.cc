#include "serving/live_repository.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <thread>

#include "serving/testing/live_repository_fixture.h"

namespace perigee::serving {
namespace {

using Control = LiveRepositoryOptions::Control;

TEST_F(LiveRepositoryTest, LoadsEverythingAtItsStart) {
  Version("a/1");
  Version("b/2");
  Open(Control::kStart);
  ASSERT_TRUE(started_.has_value()) << started_.error().message;
  EXPECT_EQ(Index("a"), "1:READY");
  EXPECT_EQ(Answering("b"), "2");
  EXPECT_EQ(changed_, "");
}

TEST_F(LiveRepositoryTest, FailsAtItsStartWithTheFirstModelThatCannotBeLoaded) {
  Version("a/1");
  folder_.Write("models/b/config.pbtxt", "sequence_batching { }");
  Version("b/1");
  Open(Control::kStart);
  ASSERT_FALSE(started_.has_value());
  EXPECT_EQ(started_.error().code, Code::kUnimplemented);
  EXPECT_NE(started_.error().message.find("sequence_batching"), std::string::npos);
}

TEST_F(LiveRepositoryTest, LoadsNothingUntilAskedAndGivesItBack) {
  Version("a/1");
  Open();
  EXPECT_EQ(Answering("a"), "none");
  ASSERT_TRUE(repository_->Load("a", {}).has_value());
  EXPECT_EQ(Answering("a"), "1");
  ASSERT_TRUE(repository_->Unload("a", {}).has_value());
  EXPECT_EQ(Answering("a"), "none");
  EXPECT_EQ(Index("a"), "1:UNAVAILABLE");
  retirement_.WaitUntilIdle();
  EXPECT_EQ(ended_, 1);
  EXPECT_EQ(changed_, "aa");
}

TEST_F(LiveRepositoryTest, SaysThatAModelIsNotThereOrNotLoaded) {
  Version("a/1");
  Open();
  EXPECT_EQ(repository_->Load("none", {}).error().code, Code::kNotFound);
  EXPECT_EQ(repository_->Load("../a", {}).error().code, Code::kNotFound);
  EXPECT_EQ(repository_->Unload("a", {}).error().message,
            "unload model a: no version of it is loaded");
  EXPECT_EQ(Index("none"), "");
}

TEST_F(LiveRepositoryTest, KeepsNothingOfANameThatIsMadeUp) {
  Version("a/1");
  Open();
  for (const std::string name : {"./a", "././a", "a/", "a//", "a/1", ".", "..", "../..", ""}) {
    EXPECT_EQ(repository_->Load(name, {}).error().code, Code::kNotFound) << name;
  }
  EXPECT_TRUE(repository_->Index().empty());
}

TEST_F(LiveRepositoryTest, PutsANewVersionInThePlaceOfTheOld) {
  Version("a/1");
  Card("a", kLatest);
  Open(Control::kStart);
  Version("a/2");
  ASSERT_TRUE(repository_->Load("a", {}).has_value());
  EXPECT_EQ(Index("a"), "2:READY");
  EXPECT_EQ(Answering("a"), "2");
  retirement_.WaitUntilIdle();
  EXPECT_EQ(ended_, 1);
}

TEST_F(LiveRepositoryTest, LeavesAModelAloneThatHasNotChangedAndReloadsAFileThatHas) {
  Version("a/1");
  Open(Control::kStart);
  const int opened = backend_->sessions_opened();
  ASSERT_TRUE(repository_->Load("a", {}).has_value());
  EXPECT_EQ(backend_->sessions_opened(), opened);
  Version("a/1", "another");
  ASSERT_TRUE(repository_->Load("a", {}).has_value());
  EXPECT_EQ(backend_->sessions_opened(), opened + 1);
}

TEST_F(LiveRepositoryTest, KeepsTheOldVersionWhenTheNewOneIsNoModel) {
  Version("a/1");
  Card("a", kLatest);
  Open(Control::kStart);
  folder_.Write("models/a/2/broken.onnx", "m");
  folder_.Write("models/a/config.pbtxt", "default_model_filename: \"broken.onnx\"");
  const Result<void> loaded = repository_->Load("a", {});
  ASSERT_FALSE(loaded.has_value());
  EXPECT_EQ(loaded.error().code, Code::kInvalidArgument);
  EXPECT_EQ(Index("a"), "1:READY 2:UNAVAILABLE");
  EXPECT_EQ(Answering("a"), "1");
  EXPECT_EQ(repository_->Index()[0].versions[1].reason, loaded.error().message);
}

TEST_F(LiveRepositoryTest, KeepsTheOldVersionWhenTheNewOneAnswersOtherwise) {
  Version("a/1");
  Card("a", kLatest);
  Open(Control::kStart);
  Version("a/2");
  Card("a", std::string(kLatest) +
                "[[golden]]\nversion = 2\nfill = \"zero\"\n"
                "outputs = [{name = \"y\", values = [0, 1]}]\n");
  const Result<void> loaded = repository_->Load("a", {});
  ASSERT_FALSE(loaded.has_value());
  EXPECT_NE(loaded.error().message.find("value 1 is 0, the card says 1"), std::string::npos);
  EXPECT_EQ(Answering("a"), "1");
}

TEST_F(LiveRepositoryTest, KeepsTheOldVersionWhenTheFolderOfTheNewOneIsEmpty) {
  Version("a/1");
  Open(Control::kStart);
  folder_.Write("models/a/2/readme.txt", "not yet");
  EXPECT_EQ(repository_->Load("a", {}).error().code, Code::kNotFound);
  EXPECT_EQ(Answering("a"), "1");
}

TEST_F(LiveRepositoryTest, AnswersRequestsThatRunWhileTheirModelIsUnloaded) {
  Gate gate;
  backend_ = IdentityBackend(&gate);
  gate.Open();  // for the warm-up
  Version("a/1");
  Open(Control::kStart);
  const model::SharedModel held = *models_.Find("a", "");
  Submission under_way(*held, Submission::X(1, 7));
  ASSERT_TRUE(repository_->Unload("a", {}).has_value());
  const Result<model::Output> answer = under_way.Answer();
  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  EXPECT_TRUE(model::Run(*held, Submission::X(1, 7), {}).has_value());
}

// Holds the repository's thread in the opening of a model.
class SlowBackend final : public Backend {
 public:
  std::string_view platform() const override { return "slow"; }
  Result<std::unique_ptr<Session>> Open(const std::filesystem::path& file,
                                        const SessionOptions& options) override {
    ++opening_;
    gate_.Enter({});
    return inner_->Open(file, options);
  }
  Gate gate_;
  std::atomic<int> opening_ = 0;

 private:
  std::unique_ptr<FakeBackend> inner_ = IdentityBackend();
};

class SlowLoadTest : public LiveRepositoryTest {
 protected:
  void OpenSlowly() {
    Version("a/1");
    Open(Control::kExplicit, slow_);
  }
  SlowBackend slow_;
};

TEST_F(SlowLoadTest, LetsACallerGoAtItsDeadlineAndLoadsOn) {
  OpenSlowly();
  task::Context context;
  context.deadline = kClock.Now();
  const Result<void> late = repository_->Load("a", context);
  ASSERT_FALSE(late.has_value());
  EXPECT_EQ(late.error().code, Code::kDeadlineExceeded);
  slow_.gate_.WaitForRuns(1);
  EXPECT_EQ(Index("a"), "1:LOADING");
  slow_.gate_.Open();
  ASSERT_TRUE(repository_->Load("a", {}).has_value());
  EXPECT_EQ(Index("a"), "1:READY");
}

TEST_F(SlowLoadTest, GivesThoseWhoAskForTheSameAtOnceOneAnswer) {
  OpenSlowly();
  auto first = std::async(std::launch::async, [this] { return repository_->Load("a", {}); });
  slow_.gate_.WaitForRuns(1);
  // Both come while the first runs, so they share the load behind it, which finds nothing to do.
  auto second = std::async(std::launch::async, [this] { return repository_->Load("a", {}); });
  auto third = std::async(std::launch::async, [this] { return repository_->Load("a", {}); });
  slow_.gate_.Open();
  EXPECT_TRUE(first.get().has_value());
  EXPECT_TRUE(second.get().has_value());
  EXPECT_TRUE(third.get().has_value());
  EXPECT_EQ(slow_.opening_, 1);
}

TEST_F(LiveRepositoryTest, FollowsTheFolderOnceAChangeStandsStill) {
  Version("a/1");
  Card("a", kLatest);
  Open(Control::kPoll);
  Version("a/2");
  ASSERT_TRUE(repository_->Rescan({}).has_value());
  EXPECT_EQ(Answering("a"), "1");
  ASSERT_TRUE(repository_->Rescan({}).has_value());
  EXPECT_EQ(Answering("a"), "2");
  std::filesystem::remove_all(folder_.path() / "models/a");
  ASSERT_TRUE(repository_->Rescan({}).has_value());
  EXPECT_EQ(Answering("a"), "2");
  ASSERT_TRUE(repository_->Rescan({}).has_value());
  EXPECT_EQ(Answering("a"), "none");
  EXPECT_EQ(Index("a"), "");
}

TEST_F(LiveRepositoryTest, KeepsEverythingWhenTheFolderVanishes) {
  Version("a/1");
  Open(Control::kPoll);
  std::filesystem::rename(folder_.path() / "models", folder_.path() / "away");
  ASSERT_TRUE(repository_->Rescan({}).has_value());
  EXPECT_EQ(Answering("a"), "1");
  std::filesystem::rename(folder_.path() / "away", folder_.path() / "models");
  ASSERT_TRUE(repository_->Rescan({}).has_value());
  EXPECT_EQ(Index("a"), "1:READY");
}

TEST_F(LiveRepositoryTest, TriesAVersionThatIsRefusedOnlyOnceUntilItChanges) {
  Version("a/1");
  folder_.Write("models/b/config.pbtxt", "default_model_filename: \"broken.onnx\"");
  folder_.Write("models/b/1/broken.onnx", "m");
  Open(Control::kPoll);
  ASSERT_TRUE(started_.has_value()) << started_.error().message;
  Look(3);
  EXPECT_EQ(warnings_.size(), 1U);
  EXPECT_EQ(Index("b"), "1:UNAVAILABLE");
}

// A hundred swaps while others ask all the time: nobody is refused.
TEST_F(LiveRepositoryTest, FailsNoRequestWhileVersionsAreSwapped) {
  Version("a/1");
  Card("a", kLatest);
  Open(Control::kStart);
  std::atomic<bool> over = false;
  std::atomic<int> failed = 0;
  std::vector<std::jthread> callers;
  for (int i = 0; i < 2; ++i) {
    callers.emplace_back([&] {
      while (!over) {
        const auto model = models_.Find("a", "");
        if (!model || !model::Run(**model, Submission::X(1, 1), {})) ++failed;
      }
    });
  }
  for (int swap = 2; swap <= 100; ++swap) {
    Version("a/" + std::to_string(swap));
    EXPECT_TRUE(repository_->Load("a", {}).has_value());
  }
  over = true;
  callers.clear();
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(Index("a"), "100:READY");
}

}  // namespace
}  // namespace perigee::serving
