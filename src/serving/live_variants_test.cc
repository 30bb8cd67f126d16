#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>

#include "model/testing/fake_model.h"
#include "serving/testing/live_repository_fixture.h"

namespace perigee::serving {
namespace {

// What a card says of its variants, and of the time of a row: a second, so that eight of them are
// not in time for a caller in a hurry.
std::string Slow(const std::string& variants = "\"a_int8\"") {
  return "[serving]\nversions = \"latest 1\"\nestimate_us = {\"1\" = 1000000}\nvariants = [" +
         variants + "]\n";
}

constexpr std::string_view kWrongAnswer =
    "[[golden]]\nfill = \"zero\"\noutputs = [{name = \"y\", values = [0, 1]}]\n";

class VariantsTest : public LiveRepositoryTest {
 protected:
  VariantsTest() {
    Version("a/1");
    Card("a", Slow());
    Version("a_int8/3");
    Card("a_int8", "");
  }
  // Which one answers: "" if it is a model by itself.
  std::string Asked(const std::string& name, bool hurry = false) {
    const Result<model::SharedModel> model = models_.Find(name, "");
    if (!model) return "none";
    const TimePoint deadline = hurry ? kClock.Now() + std::chrono::seconds(6) : kNever;
    Submission one(**model, Submission::X(8, 1), deadline);
    const Result<model::Output> answer = one.Answer();
    return answer ? answer->version : answer.error().message;
  }
  std::string Refusal(const std::string& name) {
    const Result<void> loaded = repository_->Load(name, {});
    return loaded ? "loaded" : loaded.error().message;
  }
};

TEST_F(VariantsTest, TheMostAccurateThatIsInTimeAnswersToTheName) {
  Open(Control::kStart);
  ASSERT_TRUE(started_.has_value()) << started_.error().message;
  EXPECT_EQ(backend_->sessions_opened(), 2);
  EXPECT_EQ(Asked("a", true), "a_int8");
  EXPECT_EQ(Asked("a"), "1");
  EXPECT_EQ(Answering("a"), "1");
  EXPECT_EQ(Index("a"), "1:READY");
  EXPECT_EQ(Index("a_int8"), "3:READY");
  EXPECT_EQ(repository_->Index().at(0).variants, std::vector<std::string>{"a_int8"});
}

TEST_F(VariantsTest, EachIsThereByItselfTooAndCountsItsOwn) {
  Open();
  ASSERT_TRUE(repository_->Load("a", {}).has_value());
  EXPECT_EQ(Asked("a", true), "a_int8");
  EXPECT_EQ(Asked("a_int8", true), "");
  EXPECT_EQ((*models_.Find("a_int8", "3"))->statistics().success.count, 2U);
  EXPECT_EQ((*models_.Find("a", "1"))->statistics().success.count, 0U);
  EXPECT_EQ((*models_.Find("a", ""))->statistics().success.count, 2U);
}

TEST_F(VariantsTest, AllGoWhenTheModelIsUnloaded) {
  Open();
  ASSERT_TRUE(repository_->Load("a", {}).has_value());
  const std::weak_ptr<model::Model> accurate = *models_.Find("a", "1");
  const std::weak_ptr<model::Model> fast = *models_.Find("a_int8", "");
  const std::weak_ptr<model::Model> choice = *models_.Find("a", "");
  ASSERT_TRUE(repository_->Unload("a", {}).has_value());
  EXPECT_TRUE(accurate.expired() && fast.expired() && choice.expired());
  EXPECT_EQ(Index("a") + " " + Index("a_int8"), "1:UNAVAILABLE 3:UNAVAILABLE");
  EXPECT_EQ(Asked("a") + " " + Asked("a_int8"), "none none");
  ASSERT_TRUE(repository_->Load("a_int8", {}).has_value());
  EXPECT_EQ(Asked("a") + " " + Index("a_int8"), "none 3:READY");
}

TEST_F(VariantsTest, OneCannotBeUnloadedButIsLoadedAgainWithItsModel) {
  Open();
  ASSERT_TRUE(repository_->Load("a", {}).has_value());
  const Result<void> unloaded = repository_->Unload("a_int8", {});
  ASSERT_FALSE(unloaded.has_value());
  EXPECT_EQ(unloaded.error().code, Code::kUnavailable);
  EXPECT_EQ(unloaded.error().message,
            "unload model a_int8: it is a variant of a; unload a, or take it out of its card");
  const model::SharedModel accurate = *models_.Find("a", "1");
  Version("a_int8/4");
  ASSERT_TRUE(repository_->Load("a_int8", {}).has_value());
  EXPECT_EQ(Index("a_int8"), "4:READY");
  EXPECT_EQ(*models_.Find("a", "1"), accurate);
  Version("a/1", "another");
  ASSERT_TRUE(repository_->Load("a_int8", {}).has_value());
  EXPECT_NE(*models_.Find("a", "1"), accurate);
  EXPECT_EQ(Asked("a", true), "a_int8");
}

TEST_F(VariantsTest, OneThatAnswersOtherwiseRefusesTheLoadAndTheOldOnesStay) {
  Open();
  ASSERT_TRUE(repository_->Load("a", {}).has_value());
  const model::SharedModel before = *models_.Find("a", "");
  Version("a/2");
  Version("a_int8/4");
  Card("a_int8", kWrongAnswer);
  const std::string refusal = Refusal("a");
  EXPECT_EQ(refusal,
            "load model a version 2: load model a_int8 version 4: golden answer: output y: value 1 "
            "is 0, the card says 1 within 0.001");
  EXPECT_EQ(Index("a") + " " + Index("a_int8"), "1:READY 2:UNAVAILABLE 3:READY 4:UNAVAILABLE");
  EXPECT_EQ(repository_->Index().at(0).versions.at(1).reason, refusal);
  EXPECT_EQ(*models_.Find("a", ""), before);
  EXPECT_EQ(Asked("a_int8", true), "");
}

TEST_F(VariantsTest, NothingIsServedOfAModelWhoseFirstLoadIsRefused) {
  Card("a_int8", "");
  folder_.Write("models/a_int8/config.pbtxt", "default_model_filename: \"broken.onnx\"");
  folder_.Write("models/a_int8/3/broken.onnx", "m");
  Open();
  EXPECT_NE(Refusal("a").find("load model a version 1: load model a_int8 version 3: "),
            std::string::npos);
  EXPECT_EQ(Asked("a") + " " + Asked("a_int8"), "none none");
  EXPECT_EQ(Index("a") + " " + Index("a_int8"), "1:UNAVAILABLE 3:UNAVAILABLE");
}

TEST_F(VariantsTest, NeedsTheSameTensorsAndLabels) {
  std::string card = IdentityCard("a_int8", "");
  card.replace(card.find("\"no\""), 4, "\"maybe\"");
  folder_.Write("models/a_int8/card.toml", card);
  Open();
  EXPECT_EQ(Refusal("a"),
            "load model a version 1: open variants of a: a_int8 takes or gives other tensors or "
            "labels than version 1");
}

TEST_F(VariantsTest, RefusesVariantsThatAreNone) {
  Version("b/1");
  Card("b", Slow("\"a\""));
  Open();
  EXPECT_EQ(Refusal("b"),
            "load model b version 1: a cannot be a variant: it has variants of its own");
  Card("b", Slow("\"b\""));
  EXPECT_NE(Refusal("b").find("b cannot be a variant: it is the model itself"), std::string::npos);
  Card("b", Slow("\"nowhere\""));
  EXPECT_NE(Refusal("b").find("find model nowhere: "), std::string::npos);
  ASSERT_TRUE(repository_->Load("a", {}).has_value());
  Card("b", Slow());
  EXPECT_NE(Refusal("b").find("a_int8 cannot be a variant: it is one of a"), std::string::npos);
  EXPECT_EQ(Asked("b"), "none");
}

TEST_F(VariantsTest, HaveNoCanary) {
  Open();
  ASSERT_TRUE(repository_->Load("a", {}).has_value());
  Version("a/2");
  Version("a_int8/4");
  for (const auto& [name, version] : {std::pair{"a", "2"}, std::pair{"a_int8", "4"}}) {
    const Result<void> tried = repository_->StartCanary(name, {.version = version}, {});
    ASSERT_FALSE(tried.has_value());
    EXPECT_EQ(tried.error().code, Code::kUnimplemented);
    EXPECT_NE(tried.error().message.find("a model that has variants, or is one"),
              std::string::npos);
  }
  EXPECT_EQ(Index("a") + " " + Index("a_int8"), "1:READY 3:READY");
}

TEST_F(VariantsTest, AreModelsOfTheirOwnOnceNoCardNamesThem) {
  Open();
  ASSERT_TRUE(repository_->Load("a", {}).has_value());
  Card("a", kLatest);
  ASSERT_TRUE(repository_->Load("a", {}).has_value());
  EXPECT_EQ(Asked("a", true), "");
  EXPECT_EQ(Index("a_int8"), "3:READY");
  ASSERT_TRUE(repository_->Unload("a_int8", {}).has_value());
  EXPECT_EQ(Asked("a"), "");
}

TEST_F(VariantsTest, FollowTheWatchedFolder) {
  std::filesystem::rename(folder_.path() / "models/a_int8", folder_.path() / "later");
  Open(Control::kPoll);
  EXPECT_EQ(Index("a"), "1:UNAVAILABLE");
  std::filesystem::rename(folder_.path() / "later", folder_.path() / "models/a_int8");
  Look(2);
  EXPECT_EQ(Asked("a", true), "a_int8");
  Version("a_int8/4");
  Look(2);
  EXPECT_EQ(Index("a_int8"), "4:READY");
  EXPECT_EQ(Asked("a", true), "a_int8");
}

TEST_F(VariantsTest, OneWhoseFolderIsGoneStaysUntilItsModelLetsItGo) {
  Open(Control::kPoll);
  std::filesystem::remove_all(folder_.path() / "models/a_int8");
  Look(3);
  EXPECT_EQ(Asked("a", true), "a_int8");
  EXPECT_NE(repository_->Index().at(0).versions.at(0).reason.find("a_int8"), std::string::npos);
  std::filesystem::remove_all(folder_.path() / "models/a");
  Look(2);
  EXPECT_EQ(Index("a") + Index("a_int8"), "");
  EXPECT_EQ(Asked("a") + " " + Asked("a_int8"), "none none");
}

TEST_F(VariantsTest, OneWhoseModelIsGoneIsAModelOfItsOwn) {
  Open(Control::kPoll);
  const model::SharedModel fast = *models_.Find("a_int8", "");
  const int opened = backend_->sessions_opened();
  std::filesystem::remove_all(folder_.path() / "models/a");
  Look(2);
  EXPECT_EQ(Index("a") + Index("a_int8"), "3:READY");
  EXPECT_EQ(Asked("a") + " " + Asked("a_int8"), "none ");
  EXPECT_EQ(*models_.Find("a_int8", ""), fast);
  EXPECT_EQ(backend_->sessions_opened(), opened);
  Version("a_int8/4");
  Look(2);
  EXPECT_EQ(Index("a_int8"), "3:READY 4:READY");
}

TEST_F(VariantsTest, OneWhoseCardBreaksIsTriedOnce) {
  Open(Control::kPoll);
  folder_.Write("models/a_int8/card.toml", "no card");
  Look(2);
  const std::string changed = changed_;
  const std::size_t warnings = warnings_.size();
  EXPECT_GT(warnings, 0U);
  Look(5);
  EXPECT_EQ(changed_, changed);
  EXPECT_EQ(warnings_.size(), warnings);
  EXPECT_NE(Reason("a_int8"), "");
  EXPECT_EQ(Asked("a", true), "a_int8");
  Card("a_int8", kLatest);
  Look(2);
  EXPECT_EQ(Reason("a") + Reason("a_int8"), "");
}

TEST_F(VariantsTest, OneOfARefusedModelFollowsItsOwnFolder) {
  Card("a", Slow() + std::string(kWrongAnswer));
  Open(Control::kPoll);
  EXPECT_EQ(Index("a") + " " + Index("a_int8"), "1:UNAVAILABLE 3:READY");
  Version("a_int8/4");
  Look(3);
  EXPECT_EQ(Index("a_int8"), "3:READY 4:READY");
}

TEST_F(VariantsTest, ThoseThatWereNotReachedSayWhyToo) {
  Card("a", Slow("\"a_bad\", \"a_int8\""));
  Version("a_bad/1");
  Card("a_bad", kWrongAnswer);
  Open();
  const std::string refusal = Refusal("a");
  EXPECT_NE(refusal.find("load model a_bad version 1: golden answer"), std::string::npos);
  EXPECT_EQ(Index("a_bad") + " " + Index("a_int8"), "1:UNAVAILABLE 3:UNAVAILABLE");
  EXPECT_EQ(Reason("a_int8"), refusal);
}

TEST_F(VariantsTest, NoneIsLoadingAnyMoreOnceOneCannotTakeItsPlace) {
  Card("a", Slow("\"a_bad\", \"a_int8\""));
  Version("a_bad/1");
  Card("a_bad", "");
  model::Description task;
  task.name = "a_bad";
  task.version = "1";
  auto taken = std::make_shared<model::FakeModel>(std::move(task), nullptr);
  ASSERT_TRUE(models_.PutAtAnyVersion(std::move(taken)).has_value());
  Open();
  const std::string refusal = Refusal("a");
  EXPECT_NE(refusal.find("there is one already"), std::string::npos) << refusal;
  EXPECT_EQ(Index("a_bad") + " " + Index("a_int8"), "1:UNAVAILABLE 3:UNAVAILABLE");
  EXPECT_EQ(Reason("a_int8"), refusal);
}

TEST_F(VariantsTest, AnswersRequestsThatRunWhileTheFamilyIsSwapped) {
  Open();
  ASSERT_TRUE(repository_->Load("a", {}).has_value());
  const model::SharedModel held = *models_.Find("a", "");
  Version("a/2");
  Version("a_int8/4");
  ASSERT_TRUE(repository_->Load("a", {}).has_value());
  EXPECT_EQ(Asked("a"), "2");
  const Result<model::Output> answer = model::Run(*held, Submission::X(1, 7), {});
  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  EXPECT_EQ(answer->version, "1");
}

}  // namespace
}  // namespace perigee::serving
