#include "model/repository.h"

#include <gtest/gtest.h>

#include <memory>

#include "model/testing/fake_model.h"
#include "model/testing/fake_repository.h"

namespace perigee::model {
namespace {

SharedModel Named(std::string name) {
  Description description;
  description.name = std::move(name);
  description.version = "1";
  return std::make_shared<FakeModel>(std::move(description), nullptr);
}

TEST(Repository, ListsWhatTheSetHasAndWhatTheRepositoryKnowsBesides) {
  ModelSet models;
  ASSERT_TRUE(models.Add(Named("b")).has_value());
  ASSERT_TRUE(models.Add(Named("alias")).has_value());
  FakeRepository repository;
  repository.index = {{"b", {{"1", ModelState::kReady, ""}, {"2", ModelState::kLoading, ""}}, {}},
                      {"c", {{"", ModelState::kUnavailable, "no file"}}, {}}};
  std::string text;
  for (const IndexLine& line : FullIndex(models, &repository)) {
    text += line.name + line.version.version + std::string(StateName(line.version.state)) + " ";
  }
  EXPECT_EQ(text, "alias1READY b1READY b2LOADING cUNAVAILABLE ");
  EXPECT_EQ(FullIndex(models, nullptr).size(), 2U);
}

TEST(Repository, ChangesNothingWhereNobodyMay) {
  FakeRepository repository;
  Result<void> outcome;
  PostChange(
      {&repository, false, {}}, "load model a", {},
      [](Repository& of, const task::Context& context) { return of.Load("a", context); },
      [&outcome](Result<void> result) { outcome = std::move(result); });
  ASSERT_FALSE(outcome.has_value());
  EXPECT_EQ(outcome.error().code, Code::kPermissionDenied);
  EXPECT_TRUE(repository.asked.empty());
}

TEST(Repository, ChangesWhereItMayBlockAndTellsTheOutcome) {
  FakeRepository repository;
  repository.answer = Fail(NotFound("load model a: none"));
  Result<void> outcome;
  int posted = 0;
  const auto post = [&posted](TimePoint, task::Seat::Work work) {
    ++posted;
    work({});
  };
  PostChange(
      {&repository, true, post}, "load model a", {},
      [](Repository& of, const task::Context& context) { return of.Load("a", context); },
      [&outcome](Result<void> result) { outcome = std::move(result); });
  EXPECT_EQ(posted, 1);
  EXPECT_EQ(repository.asked, (std::vector<std::string>{"load a"}));
  EXPECT_EQ(outcome.error().code, Code::kNotFound);
}

}  // namespace
}  // namespace perigee::model
