#include "model/model_set.h"

#include <gtest/gtest.h>

#include "model/testing/fake_model.h"

namespace perigee::model {
namespace {

SharedModel Named(std::string name, std::string version) {
  Description description;
  description.name = std::move(name);
  description.version = std::move(version);
  return std::make_shared<FakeModel>(
      std::move(description), [](const Tensors& inputs, const task::Context&) { return inputs; });
}

TEST(ModelSet, OffersTheNewestVersionByNumber) {
  ModelSet set;
  for (const char* version : {"9", "10", "2"}) {
    ASSERT_TRUE(set.Add(Named("emotion", version)).has_value());
  }
  EXPECT_EQ((*set.Find("emotion", ""))->description().version, "10");
  EXPECT_EQ((*set.Find("emotion", "9"))->description().version, "9");
  EXPECT_EQ(set.Versions("emotion"), (std::vector<std::string>{"2", "9", "10"}));
}

TEST(ModelSet, SaysWhatItHasInstead) {
  ModelSet set;
  ASSERT_TRUE(set.Add(Named("emotion", "1")).has_value());
  EXPECT_EQ(set.Find("emotion", "3").error().message,
            "find model emotion version 3: this node has version 1");
  EXPECT_EQ(set.Find("pose", "").error().code, Code::kNotFound);
  EXPECT_FALSE(set.Find("emotion", "01").has_value());
  EXPECT_FALSE(set.Find("emotion", "1x").has_value());
  EXPECT_TRUE(set.Versions("pose").empty());
}

TEST(ModelSet, RefusesTheSameVersionTwiceAndVersionsThatAreNoNumber) {
  ModelSet set;
  ASSERT_TRUE(set.Add(Named("emotion", "1")).has_value());
  EXPECT_EQ(set.Add(Named("emotion", "1")).error().code, Code::kInvalidArgument);
  EXPECT_FALSE(set.Add(Named("emotion", "latest")).has_value());
  EXPECT_FALSE(set.Add(Named("emotion", "0")).has_value());
  EXPECT_FALSE(set.Add(Named("", "1")).has_value());
}

TEST(ModelSet, AnswersAtAnyVersionWhereAskedTo) {
  ModelSet set;
  ASSERT_TRUE(set.PutAtAnyVersion(Named("face", "1")).has_value());
  EXPECT_TRUE(set.Find("face", "77").has_value());
  EXPECT_FALSE(set.Add(Named("face", "2")).has_value());
  EXPECT_EQ((*set.Find("face", "77"))->description().version, "1");
}

TEST(ModelSet, KeepsAModelForWhoeverFoundIt) {
  ModelSet set;
  ASSERT_TRUE(set.Add(Named("emotion", "1")).has_value());
  ASSERT_TRUE(set.Put(Named("emotion", "2")).has_value());
  const SharedModel found = *set.Find("emotion", "2");
  EXPECT_TRUE(set.Remove("emotion", "2"));
  EXPECT_FALSE(set.Remove("emotion", "2"));
  EXPECT_EQ(found->description().version, "2");
  EXPECT_EQ((*set.Find("emotion", ""))->description().version, "1");
  EXPECT_TRUE(set.Remove("emotion", "1"));
  EXPECT_EQ(set.Find("emotion", "").error().code, Code::kNotFound);
}

TEST(ModelSet, AsksTheRouterWhereNoVersionIsNamed) {
  ModelSet set;
  EXPECT_EQ(set.Route("emotion", Named("emotion", "7")).error().code, Code::kNotFound);
  ASSERT_TRUE(set.Add(Named("emotion", "1")).has_value());
  ASSERT_TRUE(set.Route("emotion", Named("emotion", "7")).has_value());
  EXPECT_EQ((*set.Find("emotion", ""))->description().version, "7");
  EXPECT_EQ((*set.Find("emotion", "1"))->description().version, "1");
  EXPECT_EQ(set.All().size(), 1U);
  ASSERT_TRUE(set.Route("emotion", nullptr).has_value());
  EXPECT_EQ((*set.Find("emotion", ""))->description().version, "1");
}

TEST(ModelSet, ListsAllByNameThenVersion) {
  ModelSet set;
  ASSERT_TRUE(set.Add(Named("b", "2")).has_value());
  ASSERT_TRUE(set.Add(Named("b", "1")).has_value());
  ASSERT_TRUE(set.Add(Named("a", "5")).has_value());
  std::string seen;
  for (const SharedModel& model : set.All()) {
    seen += model->description().name + model->description().version + " ";
  }
  EXPECT_EQ(seen, "a5 b1 b2 ");
}

}  // namespace
}  // namespace perigee::model
