// A live repository whose folder, disk or models fail it: what is served goes on, the index says
// why in one sentence, and all is well again once the cause is gone.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <string>

#include "serving/testing/live_repository_fixture.h"

namespace perigee::serving {
namespace {

namespace fs = std::filesystem;

class LiveFaultsTest : public LiveRepositoryTest {
 protected:
  bool Answers(const std::string& name) const {
    const auto model = models_.Find(name, "");
    return model.has_value() && model::Run(**model, Submission::X(1, 1), {}).has_value();
  }
  fs::path Models() const { return folder_.path() / "models"; }
};

TEST_F(LiveFaultsTest, TellsWhyItsFolderCannotBeReadUntilItCan) {
  Version("a/1");
  Open(Control::kPoll);
  fs::rename(Models(), folder_.path() / "away");
  Look(3);
  EXPECT_NE(Reason("a").find("No such file"), std::string::npos) << Reason("a");
  EXPECT_EQ(Index("a"), "1:READY");
  EXPECT_TRUE(Answers("a"));
  EXPECT_EQ(warnings_.size(), 1U);
  fs::rename(folder_.path() / "away", Models());
  Version("b/1");
  Look(2);
  EXPECT_EQ(Reason("a"), "");
  EXPECT_EQ(Index("b"), "1:READY");
}

TEST_F(LiveFaultsTest, AFileInThePlaceOfItsFolderIsNoReasonToUnload) {
  Version("a/1");
  Open(Control::kPoll);
  fs::rename(Models(), folder_.path() / "away");
  folder_.Write("models", "a file");
  Look(2);
  EXPECT_NE(Reason("a").find("Not a directory"), std::string::npos) << Reason("a");
  EXPECT_TRUE(Answers("a"));
}

struct Obstacle {
  std::string name;
  std::function<void(const fs::path&)> put;
};

class ModelFolderTest : public LiveFaultsTest, public testing::WithParamInterface<Obstacle> {};

TEST_P(ModelFolderTest, AModelWhoseFolderIsNoneAnyMoreGoesOnAndSaysWhy) {
  Version("a/1");
  Version("b/1");
  Open(Control::kPoll);
  fs::rename(Models() / "a", folder_.path() / "a");
  GetParam().put(Models() / "a");
  Version("b/2");
  Look(3);
  EXPECT_EQ(Index("a"), "1:READY");
  EXPECT_NE(Reason("a"), "");
  EXPECT_TRUE(Answers("a"));
  EXPECT_EQ(Answering("b"), "2");
  fs::remove(Models() / "a");
  fs::rename(folder_.path() / "a", Models() / "a");
  Look(2);
  EXPECT_EQ(Index("a"), "1:READY");
  EXPECT_EQ(Reason("a"), "");
}

INSTANTIATE_TEST_SUITE_P(
    Faults, ModelFolderTest,
    testing::Values(Obstacle{"file", [](const fs::path& path) { std::ofstream(path) << "a file"; }},
                    Obstacle{"nowhere",
                             [](const fs::path& path) { fs::create_symlink("nowhere", path); }},
                    Obstacle{"loop", [](const fs::path& path) { fs::create_symlink(path, path); }}),
    [](const auto& one) { return one.param.name; });

TEST_F(LiveFaultsTest, AFolderThatIsReplacedIsNotMissedInBetween) {
  Version("a/1");
  Open(Control::kPoll);
  const int opened = backend_->sessions_opened();
  fs::rename(Models() / "a", folder_.path() / "old");
  Look(1);
  EXPECT_TRUE(Answers("a"));
  Version("a/1", "another");
  Look(2);
  EXPECT_EQ(Index("a"), "1:READY");
  EXPECT_GT(backend_->sessions_opened(), opened);
  fs::remove_all(Models() / "a");
  Look(2);
  EXPECT_EQ(Index("a"), "");
}

TEST_F(LiveFaultsTest, TellsWhyALoadOfAModelThatIsServedFailed) {
  Version("a/1");
  Open();
  ASSERT_TRUE(repository_->Load("a", {}).has_value());
  folder_.Write("models/a/card.toml", "no card");
  const Result<void> loaded = repository_->Load("a", {});
  ASSERT_FALSE(loaded.has_value());
  EXPECT_EQ(Index("a"), "1:READY");
  EXPECT_EQ(Reason("a"), loaded.error().message);
  EXPECT_TRUE(Answers("a"));
  Card("a", "");
  ASSERT_TRUE(repository_->Load("a", {}).has_value());
  EXPECT_EQ(Reason("a"), "");
}

// x -> y, the same numbers; a run whose first is 7 waits at the gate.
std::unique_ptr<FakeBackend> HoldsSevens(Gate& gate) {
  const std::vector<model::TensorSpec> x = {{"x", tensor::DType::kFp32, {-1, 2}, {}}};
  const std::vector<model::TensorSpec> y = {{"y", tensor::DType::kFp32, {-1, 2}, {}}};
  return std::make_unique<FakeBackend>(
      x, y, [&gate](const model::Tensors& inputs, const std::stop_token& stop) {
        const tensor::Tensor& rows = inputs.front().tensor;
        if (rows.As<float>().front() == 7) gate.Enter(stop);
        return Result<model::Tensors>({{"y", rows}});
      });
}

TEST_F(LiveFaultsTest, LoadsAModelAgainWhileItsUnloadDrains) {
  Gate gate;
  backend_ = HoldsSevens(gate);
  Version("a/1");
  Open(Control::kStart);
  model::SharedModel held = *models_.Find("a", "");
  Submission under_way(*held, Submission::X(1, 7));
  gate.WaitForRuns(1);
  ASSERT_TRUE(repository_->Unload("a", {}).has_value());
  EXPECT_EQ(Answering("a"), "none");
  ASSERT_TRUE(repository_->Load("a", {}).has_value());
  EXPECT_TRUE(Answers("a"));
  EXPECT_FALSE(under_way.answered());
  gate.Open();
  EXPECT_TRUE(under_way.Answer().has_value());
  held.reset();
  retirement_.WaitUntilIdle();
  EXPECT_EQ(ended_, 1);
  EXPECT_TRUE(Answers("a"));
}

// Has room for no model until it is told otherwise.
class FullBackend final : public Backend {
 public:
  std::string_view platform() const override { return "full"; }
  Result<std::unique_ptr<Session>> Open(const fs::path& file,
                                        const SessionOptions& options) override {
    if (full_) return Fail(ResourceExhausted("open: no room"));
    return inner_->Open(file, options);
  }
  std::atomic<bool> full_ = true;

 private:
  std::unique_ptr<FakeBackend> inner_ = IdentityBackend();
};

TEST_F(LiveFaultsTest, TriesAgainWhatThereWasNoRoomFor) {
  FullBackend full;
  Version("a/1");
  Open(Control::kPoll, full);
  ASSERT_TRUE(started_.has_value());
  EXPECT_EQ(Index("a"), "1:UNAVAILABLE");
  EXPECT_NE(Reason("a").find("no room"), std::string::npos) << Reason("a");
  full.full_ = false;
  Look(2);
  EXPECT_EQ(Index("a"), "1:READY");
  EXPECT_TRUE(Answers("a"));
}

// Holds its thread in the opening of version 2.
class SlowSecond final : public Backend {
 public:
  std::string_view platform() const override { return "slow"; }
  Result<std::unique_ptr<Session>> Open(const fs::path& file,
                                        const SessionOptions& options) override {
    if (file.parent_path().filename() == "2") gate_.Enter({});
    return inner_->Open(file, options);
  }
  Gate gate_;

 private:
  std::unique_ptr<FakeBackend> inner_ = IdentityBackend();
};

TEST_F(LiveFaultsTest, AVersionThatIsSlowToOpenHoldsUpNobodyWhoAsks) {
  SlowSecond slow;
  Version("a/1");
  Card("a", kLatest);
  Open(Control::kStart, slow);
  ASSERT_TRUE(started_.has_value());
  Version("a/2");
  auto load = std::async(std::launch::async, [this] { return repository_->Load("a", {}); });
  slow.gate_.WaitForRuns(1);
  EXPECT_EQ(Index("a"), "1:READY 2:LOADING");
  EXPECT_EQ(Answering("a"), "1");
  EXPECT_TRUE(Answers("a"));
  slow.gate_.Open();
  EXPECT_TRUE(load.get().has_value());
  EXPECT_EQ(Answering("a"), "2");
}

}  // namespace
}  // namespace perigee::serving
