#include "serving/profile_cache.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "serving/testing/temporary_folder.h"

namespace perigee::serving {
namespace {

namespace fs = std::filesystem;

const std::vector<ProfilePoint> kPoints = {{1, Duration(1000), Duration(1500)},
                                           {8, Duration(7000), Duration(9000)}};

bool Same(const std::vector<ProfilePoint>& a, const std::vector<ProfilePoint>& b) {
  return WriteProfile(a) == WriteProfile(b);
}

std::size_t FilesIn(const fs::path& folder) {
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

TEST(ProfileCache, GivesBackWhatWasMeasuredOfThatModelRuntimeAndCpu) {
  const TemporaryFolder folder;
  const ProfileCache cache(folder.path() / "made" / "here");
  const ProfileKey key{.model_sha256 = "ab", .runtime = "r 1", .cpu = "c x 2"};
  EXPECT_EQ(cache.Read(key).error().code, Code::kNotFound);
  ASSERT_TRUE(cache.Write(key, kPoints).has_value());
  ASSERT_TRUE(cache.Read(key).has_value());
  EXPECT_TRUE(Same(*cache.Read(key), kPoints));
  for (const ProfileKey& other :
       {ProfileKey{.model_sha256 = "ac", .runtime = "r 1", .cpu = "c x 2"},
        ProfileKey{.model_sha256 = "ab", .runtime = "r 2", .cpu = "c x 2"},
        ProfileKey{.model_sha256 = "ab", .runtime = "r 1", .cpu = "c x 4"},
        ProfileKey{.model_sha256 = "ab", .runtime = "r 1", .cpu = "c x 2", .threads = 2}}) {
    EXPECT_FALSE(cache.Read(other).has_value());
  }
}

TEST(ProfileCache, ReplacesWhatWasThere) {
  const TemporaryFolder folder;
  const ProfileCache cache(folder.path());
  ASSERT_TRUE(cache.Write({}, kPoints).has_value());
  ASSERT_TRUE(cache.Write({}, {kPoints[0]}).has_value());
  EXPECT_EQ(cache.Read({})->size(), 1U);
  EXPECT_EQ(FilesIn(folder.path()), 1U);
}

TEST(ProfileCache, KeepsABoundedNumberOfFiles) {
  const TemporaryFolder folder;
  const ProfileCache cache(folder.path());
  folder.Write("stays.txt", "not ours");
  for (int i = 0; i < static_cast<int>(kProfileFilesMax) + 10; ++i) {
    ASSERT_TRUE(cache.Write({.model_sha256 = std::to_string(i)}, kPoints).has_value());
  }
  EXPECT_EQ(FilesIn(folder.path()), kProfileFilesMax + 1);
}

TEST(ProfileCache, SaysThatItsFolderCannotBeWritten) {
  const TemporaryFolder folder;
  folder.Write("file", "in the way");
  const Result<void> written = ProfileCache(folder.path() / "file").Write({}, kPoints);
  ASSERT_FALSE(written.has_value());
  EXPECT_EQ(written.error().code, Code::kUnavailable);
}

// /dev/full takes no byte, as a full disk does, also from root.
TEST(ProfileCache, LeavesNothingBehindWhenTheDiskIsFull) {
  const TemporaryFolder folder;
  const ProfileCache cache(folder.path());
  ASSERT_TRUE(cache.Write({}, kPoints).has_value());
  const fs::path file = fs::directory_iterator(folder.path())->path();
  fs::create_symlink("/dev/full", file.string() + "." + std::to_string(::getpid()));
  const Result<void> written = cache.Write({}, {kPoints[0]});
  ASSERT_FALSE(written.has_value());
  EXPECT_NE(written.error().message.find("cannot be written"), std::string::npos);
  EXPECT_EQ(FilesIn(folder.path()), 1U);
  EXPECT_TRUE(Same(*cache.Read({}), kPoints));
  EXPECT_TRUE(cache.Write({}, {kPoints[0]}).has_value());
}

TEST(ProfileCache, RefusesWhatIsNoProfile) {
  const std::string head = "perigee profile 1\n";
  for (const std::string& text :
       {std::string(), std::string("perigee profile 2\n1 2 3\n"), head, head + "1 2\n",
        head + "1 2 3 4\n", head + "0 2 3\n", head + "1 -2 3\n", head + "2 5 5\n1 5 5\n",
        head + "1 2 99999999999999999999\n", head + std::string(70'000, '1')}) {
    const auto points = ParseProfile(text);
    ASSERT_FALSE(points.has_value()) << text.substr(0, 60);
    EXPECT_EQ(points.error().code, Code::kInvalidArgument);
  }
}

TEST(ProfileCache, KnowsTheCpu) {
  EXPECT_NE(CpuName().find(" x "), std::string::npos);
  EXPECT_EQ(CpuName(), CpuName());
}

}  // namespace
}  // namespace perigee::serving
