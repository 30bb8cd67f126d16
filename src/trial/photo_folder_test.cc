#include "trial/photo_folder.h"

#include <gtest/gtest.h>

#include <fstream>

namespace perigee::trial {
namespace {

namespace fs = std::filesystem;

const std::vector<std::string> kLabels = {"neutral", "happy",     "sad",      "angry",
                                          "fearful", "disgusted", "surprised"};

class PhotoFolder : public testing::Test {
 protected:
  PhotoFolder()
      : folder_(fs::path(testing::TempDir()) /
                testing::UnitTest::GetInstance()->current_test_info()->name()) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  void Touch(const std::string& name) const {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << "x";
  }

  fs::path folder_;
};

TEST(FindLabel, KnowsNounsAndIgnoresCase) {
  EXPECT_EQ(FindLabel("Happiness", kLabels), 1u);
  EXPECT_EQ(FindLabel("SAD", kLabels), 2u);
  EXPECT_EQ(FindLabel("anger", kLabels), 3u);
  EXPECT_EQ(FindLabel("Fear", kLabels), 4u);
  EXPECT_EQ(FindLabel("disgust", kLabels), 5u);
  EXPECT_EQ(FindLabel("surprise", kLabels), 6u);
  EXPECT_EQ(FindLabel("sadness", {"Anger", "Sadness"}), 1u);
  EXPECT_EQ(FindLabel("contempt", kLabels), std::nullopt);
}

TEST_F(PhotoFolder, ListsPhotographsInTheOrderOfTheirNames) {
  for (const char* name : {"sad/b.JPEG", "sad/a.png", "Anger/z.webp", "angry/y.jpg"}) Touch(name);
  for (const char* name : {"sad/notes.txt", "sad/.c.jpg", "loose.jpg", ".git/d.jpg"}) Touch(name);
  const auto photos = FindPhotos(folder_, kLabels);
  ASSERT_TRUE(photos.has_value()) << photos.error().message;
  std::vector<std::string> names;
  for (const LabelledPhoto& photo : *photos) {
    names.push_back(photo.path.lexically_relative(folder_).string());
  }
  EXPECT_EQ(names,
            (std::vector<std::string>{"Anger/z.webp", "angry/y.jpg", "sad/a.png", "sad/b.JPEG"}));
  EXPECT_EQ(photos->front().label, 3u);
  EXPECT_EQ(photos->back().label, 2u);
}

TEST_F(PhotoFolder, NamesTheFolderThatIsNoLabelAndTheLabels) {
  Touch("sad/a.jpg");
  Touch("contempt/a.jpg");
  const auto photos = FindPhotos(folder_, kLabels);
  ASSERT_FALSE(photos.has_value());
  EXPECT_EQ(photos.error().code, Code::kInvalidArgument);
  EXPECT_NE(photos.error().message.find("folder contempt is none of neutral, happy, sad, angry"),
            std::string::npos)
      << photos.error().message;
}

TEST_F(PhotoFolder, RefusesAFolderWithoutPhotographsOrNoneAtAll) {
  EXPECT_EQ(FindPhotos(folder_, kLabels).error().code, Code::kInvalidArgument);
  EXPECT_EQ(FindPhotos(folder_ / "missing", kLabels).error().code, Code::kNotFound);
}

}  // namespace
}  // namespace perigee::trial
