#include "serving/load.h"

#include <gtest/gtest.h>

#include "serving/testing/fake_backend.h"
#include "serving/testing/submission.h"
#include "serving/testing/temporary_folder.h"

namespace perigee::serving {
namespace {

Result<LoadedModel> LoadFirst(const TemporaryFolder& folder) {
  static const std::unique_ptr<FakeBackend> backend = IdentityBackend();
  const auto entries = TRY(ScanRepository(folder.path()));
  return Load(entries.at(0), *backend, {}, kClock);
}

TEST(Load, ServesAFolderWithoutACard) {
  const TemporaryFolder folder;
  folder.Write("a/4/model.onnx", "m");
  const auto model = LoadFirst(folder);
  ASSERT_TRUE(model.has_value()) << model.error().message;
  EXPECT_EQ(model->model->description().name, "a");
  EXPECT_EQ(model->model->description().version, "4");
  EXPECT_TRUE(model::Run(*model->model, Submission::X(1, 1), {}).has_value());
}

TEST(Load, TakesTheLabelsFromTheCard) {
  const TemporaryFolder folder;
  folder.Write("a/1/model.onnx", "m");
  folder.Write("a/card.toml", IdentityCard("a"));
  const auto model = LoadFirst(folder);
  ASSERT_TRUE(model.has_value()) << model.error().message;
  EXPECT_EQ(model->model->description().outputs.at(0).labels.at(0), "no");
}

TEST(Load, RefusesAFileThatIsNotWhatTheCardSays) {
  const TemporaryFolder folder;
  std::string card = IdentityCard("a");
  card.replace(card.find("[-1, 2]"), 7, "[-1, 3]");
  folder.Write("a/1/model.onnx", "m");
  folder.Write("a/card.toml", card);
  const auto model = LoadFirst(folder);
  ASSERT_FALSE(model.has_value());
  EXPECT_EQ(model.error().message,
            "load model a version 1: the card declares inputs x FP32 [-1,3], the file has x FP32 "
            "[-1,2]");
}

TEST(Load, RefusesAFileWithAnotherSum) {
  const TemporaryFolder folder;
  folder.Write("a/1/model.onnx", "abc");
  folder.Write("a/card.toml", IdentityCard("a", "[file]\npath = \"1/model.onnx\"\nsha256 = \"" +
                                                    std::string(64, '0') + "\"\n"));
  EXPECT_EQ(LoadFirst(folder).error().code, Code::kInvalidArgument);
}

TEST(Load, RefusesAModelThatDoesNotAnswerAsItsCardSays) {
  const TemporaryFolder folder;
  folder.Write("a/1/model.onnx", "m");
  folder.Write("a/card.toml", IdentityCard("a",
                                           "[[golden]]\nfill = \"zero\"\n"
                                           "outputs = [{name = \"y\", values = [0, 3]}]\n"));
  EXPECT_EQ(LoadFirst(folder).error().message,
            "load model a version 1: golden answer: output y: value 1 is 0, the card says 3 within "
            "0.001");
}

TEST(Load, TakesTensorsAndWishesFromTheConfiguration) {
  const TemporaryFolder folder;
  folder.Write("a/1/model.onnx", "m");
  folder.Write("a/config.pbtxt",
               "max_batch_size: 3 input { name: \"x\" data_type: TYPE_FP32 dims: 2 }"
               "output { name: \"y\" data_type: TYPE_FP32 dims: 2 }");
  const auto model = LoadFirst(folder);
  ASSERT_TRUE(model.has_value()) << model.error().message;
  EXPECT_EQ(model->model->description().batch_max, 3);
  folder.Write("a/config.pbtxt",
               "max_batch_size: 3 input { name: \"x\" data_type: TYPE_FP32 dims: 4 }");
  EXPECT_NE(LoadFirst(folder).error().message.find("x FP32 [-1,4]"), std::string::npos);
}

}  // namespace
}  // namespace perigee::serving
