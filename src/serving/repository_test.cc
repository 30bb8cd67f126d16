#include "serving/repository.h"

#include <gtest/gtest.h>

#include "serving/testing/temporary_folder.h"

namespace perigee::serving {
namespace {

Error Refusal(const TemporaryFolder& folder) {
  const auto entries = ScanRepository(folder.path());
  EXPECT_FALSE(entries.has_value());
  return entries.has_value() ? Error() : entries.error();
}

TEST(Repository, ListsModelsByNameAndVersionsByNumber) {
  const TemporaryFolder folder;
  folder.Write("b/10/model.onnx", "m");
  folder.Write("b/9/model.onnx", "m");
  folder.Write("a/1/model.onnx", "m");
  const auto entries = ScanRepository(folder.path());
  ASSERT_TRUE(entries.has_value()) << entries.error().message;
  std::string seen;
  for (const RepositoryEntry& entry : *entries) seen += entry.name + entry.version + " ";
  EXPECT_EQ(seen, "a1 b9 b10 ");
  EXPECT_EQ(entries->at(0).file, folder.path() / "a/1/model.onnx");
  EXPECT_FALSE(entries->at(0).card.has_value());
}

TEST(Repository, ReadsTheCard) {
  const TemporaryFolder folder;
  folder.Write("a/1/model.onnx", "m");
  folder.Write("a/card.toml", IdentityCard("a"));
  const auto entries = ScanRepository(folder.path());
  ASSERT_TRUE(entries.has_value()) << entries.error().message;
  EXPECT_EQ(entries->at(0).card->outputs.at(0).labels.at(1), "yes");
}

TEST(Repository, PassesOverFilesHiddenFoldersAndWhatIsNoVersion) {
  const TemporaryFolder folder;
  folder.Write("README.md", "text");
  folder.Write(".git/config", "text");
  folder.Write("lost+found/x", "text");
  folder.Write("a/1/model.onnx", "m");
  folder.Write("a/notes/x", "text");
  const auto entries = ScanRepository(folder.path());
  ASSERT_TRUE(entries.has_value()) << entries.error().message;
  EXPECT_EQ(entries->size(), 1U);
}

TEST(Repository, NamesTheFileThatIsMissing) {
  const TemporaryFolder folder;
  folder.Write("a/card.toml", IdentityCard("a"));
  const Error without_version = Refusal(folder);
  EXPECT_EQ(without_version.code, Code::kNotFound);
  EXPECT_NE(without_version.message.find("a/1/model.onnx"), std::string::npos);
  folder.Write("a/3/other.onnx", "m");
  EXPECT_NE(Refusal(folder).message.find("a/3/model.onnx"), std::string::npos);
}

TEST(Repository, SaysThatAFolderIsEmptyOrNotThere) {
  const TemporaryFolder folder;
  EXPECT_EQ(Refusal(folder).code, Code::kNotFound);
  const auto nowhere = ScanRepository(folder.path() / "nowhere");
  ASSERT_FALSE(nowhere.has_value());
  EXPECT_EQ(nowhere.error().code, Code::kNotFound);
  EXPECT_NE(nowhere.error().message.find("nowhere"), std::string::npos);
}

TEST(Repository, RefusesABrokenCardAndOneOfAnotherModel) {
  const TemporaryFolder folder;
  folder.Write("a/1/model.onnx", "m");
  folder.Write("a/card.toml", "name = ");
  EXPECT_EQ(Refusal(folder).code, Code::kInvalidArgument);
  folder.Write("a/card.toml", IdentityCard("b"));
  EXPECT_NE(Refusal(folder).message.find("it is the card of b"), std::string::npos);
}

TEST(Repository, ChecksTheSumOfTheFileThatTheCardNames) {
  const TemporaryFolder folder;
  folder.Write("a/1/model.onnx", "abc");
  folder.Write("a/2/model.onnx", "another");
  folder.Write("a/card.toml",
               IdentityCard("a",
                            "[file]\npath = \"1/model.onnx\"\nsha256 = \"ba7816bf8f01cfea4141"
                            "40de5dae2223b00361a396177a9cb410ff61f20015ad\"\n"));
  const auto entries = ScanRepository(folder.path());
  ASSERT_TRUE(entries.has_value()) << entries.error().message;
  EXPECT_TRUE(CheckChecksum(entries->at(0)).has_value());
  EXPECT_TRUE(CheckChecksum(entries->at(1)).has_value());
  folder.Write("a/1/model.onnx", "abd");
  const Result<void> changed = CheckChecksum(entries->at(0));
  ASSERT_FALSE(changed.has_value());
  EXPECT_EQ(changed.error().code, Code::kInvalidArgument);
  EXPECT_NE(changed.error().message.find("its card says ba7816bf"), std::string::npos);
}

TEST(Repository, OffersTheVersionsThatTheCardWants) {
  const TemporaryFolder folder;
  for (const char* version : {"1", "2", "3"}) {
    folder.Write("a/" + std::string(version) + "/model.onnx", "m");
  }
  folder.Write("a/card.toml", IdentityCard("a", "[serving]\nversions = \"latest 2\"\n"));
  const auto entries = ScanModel(folder.path(), "a");
  ASSERT_TRUE(entries.has_value()) << entries.error().message;
  ASSERT_EQ(entries->size(), 2U);
  EXPECT_EQ(entries->front().version, "2");
  EXPECT_EQ(ScanVersion(folder.path(), "a", "1")->version, "1");
  EXPECT_EQ(ScanVersion(folder.path(), "a", "7").error().message,
            "find model a version 7: its folder has 1, 2, 3");
}

TEST(Repository, ReadsTheConfigurationBesideOrWithoutACard) {
  const TemporaryFolder folder;
  folder.Write("a/1/net.onnx", "m");
  folder.Write("a/2/net.onnx", "m");
  folder.Write("a/config.pbtxt",
               "default_model_filename: \"net.onnx\" instance_group { count: 3 }");
  const auto entries = ScanModel(folder.path(), "a");
  ASSERT_TRUE(entries.has_value()) << entries.error().message;
  ASSERT_EQ(entries->size(), 1U);  // the latest, as Triton does without a policy
  EXPECT_EQ(entries->front().file, folder.path() / "a/2/net.onnx");
  EXPECT_EQ(entries->front().serving.instances, 3);
  folder.Write("a/config.pbtxt", "name: \"b\"");
  EXPECT_NE(Refusal(folder).message.find("configuration of b"), std::string::npos);
}

TEST(Repository, LetsNoNameLeadOutOfTheFolder) {
  const TemporaryFolder folder;
  folder.Write("a/1/model.onnx", "m");
  for (const std::string name : {"..", "a/../a", "", ".hidden", "none"}) {
    const auto entries = ScanModel(folder.path() / "a", name);
    ASSERT_FALSE(entries.has_value()) << name;
    EXPECT_EQ(entries.error().code, Code::kNotFound);
  }
}

TEST(Repository, StampsWhatChanges) {
  const TemporaryFolder folder;
  folder.Write("a/1/model.onnx", "m");
  const std::string before = ScanModel(folder.path(), "a")->front().stamp;
  EXPECT_EQ(ScanModel(folder.path(), "a")->front().stamp, before);
  folder.Write("a/card.toml", IdentityCard("a"));
  EXPECT_NE(ScanModel(folder.path(), "a")->front().stamp, before);
}

}  // namespace
}  // namespace perigee::serving
