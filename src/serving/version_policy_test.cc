#include "serving/version_policy.h"

#include <gtest/gtest.h>

namespace perigee::serving {
namespace {

using Kind = model::VersionPolicy::Kind;
using Versions = std::vector<int>;

TEST(VersionPolicy, TakesAllTheNewestOrThoseNamed) {
  const Versions found = {1, 2, 9, 10};
  EXPECT_EQ(ChooseVersions(found, {}), found);
  EXPECT_EQ(ChooseVersions(found, {Kind::kLatest, 2, {}}), (Versions{9, 10}));
  EXPECT_EQ(ChooseVersions(found, {Kind::kLatest, 7, {}}), found);
  EXPECT_EQ(ChooseVersions(found, {Kind::kSpecific, 1, {9, 1, 9}}), (Versions{1, 9}));
}

TEST(VersionPolicy, SaysWhichOfThoseNamedIsNotThere) {
  const auto chosen = ChooseVersions({1, 2}, {Kind::kSpecific, 1, {1, 3}});
  ASSERT_FALSE(chosen.has_value());
  EXPECT_EQ(chosen.error().code, Code::kNotFound);
  EXPECT_EQ(chosen.error().message, "version 3 is asked for, the folder has 1, 2");
}

}  // namespace
}  // namespace perigee::serving
