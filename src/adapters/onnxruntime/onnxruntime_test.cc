#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "adapters/onnxruntime/backend.h"
#include "adapters/onnxruntime/values.h"
#include "serving/testing/backend_contract.h"

namespace perigee::onnxruntime {
namespace {

namespace fs = std::filesystem;
using tensor::DType;
using tensor::Tensor;

const fs::path kModels = PERIGEE_TEST_MODELS;

std::unique_ptr<serving::Backend> Make() { return *Backend::Create(nullptr); }

fs::path ModelFile(const std::string& name) { return kModels / name / "1" / "model.onnx"; }

std::unique_ptr<serving::Session> Open(serving::Backend& backend, const std::string& name) {
  auto session = backend.Open(ModelFile(name), {});
  EXPECT_TRUE(session.has_value()) << session.error().message;
  return *std::move(session);
}

// A file of this process's own.
fs::path WriteFile(const std::string& name, std::string_view bytes) {
  const fs::path path = fs::path(testing::TempDir()) / (std::to_string(getpid()) + name);
  std::ofstream(path, std::ios::binary) << bytes;
  return path;
}

std::string ReadFile(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

TEST(OnnxRuntime, ReadsDTypesNamesAndOpenDimensions) {
  const auto backend = Make();
  const auto session = Open(*backend, "add_sub");
  ASSERT_EQ(session->inputs().size(), 2U);
  EXPECT_EQ(session->inputs()[1].name, "INPUT1");
  EXPECT_EQ(session->inputs()[1].dtype, DType::kInt32);
  EXPECT_EQ(session->inputs()[1].shape, (tensor::Shape{-1, 16}));
  EXPECT_EQ(session->outputs()[0].name, "OUTPUT0");
}

TEST(OnnxRuntime, GivesEveryOutputInTheFilesOrderWhateverTheInputsOrder) {
  const auto backend = Make();
  const auto session = Open(*backend, "add_sub");
  const std::vector<std::int32_t> a(16, 7);
  const std::vector<std::int32_t> b(16, 5);
  const model::Tensors inputs = {{"INPUT1", Tensor::Of<std::int32_t>({1, 16}, b)},
                                 {"INPUT0", Tensor::Of<std::int32_t>({1, 16}, a)}};
  const auto outputs = session->Run(inputs, {});
  ASSERT_TRUE(outputs.has_value()) << outputs.error().message;
  EXPECT_EQ(outputs->at(0).tensor.As<std::int32_t>()[15], 12);
  EXPECT_EQ(outputs->at(1).tensor.As<std::int32_t>()[15], 2);
}

TEST(OnnxRuntime, RunsOnBytesThatANetworkBufferLeftUnaligned) {
  const auto backend = Make();
  const auto session = Open(*backend, "add_sub");
  std::vector<std::byte> buffer(1 + 64);
  const std::int32_t three = 3;
  for (std::size_t at = 1; at < buffer.size(); at += 4) std::memcpy(&buffer[at], &three, 4);
  const Tensor odd = *Tensor::Borrow(DType::kInt32, {1, 16}, std::span(buffer).subspan(1));
  const auto outputs = session->Run({{"INPUT0", odd}, {"INPUT1", odd}}, {});
  ASSERT_TRUE(outputs.has_value()) << outputs.error().message;
  EXPECT_EQ(outputs->at(0).tensor.As<std::int32_t>()[15], 6);
}

TEST(OnnxRuntime, RefusesATruncatedModelInOneSentence) {
  const std::string whole = ReadFile(ModelFile("other_emotion"));
  const fs::path file = WriteFile("truncated.onnx", std::string_view(whole).substr(0, 150));
  const auto session = Make()->Open(file, {});
  ASSERT_FALSE(session.has_value());
  EXPECT_EQ(session.error().code, Code::kInvalidArgument);
  EXPECT_EQ(session.error().message.find('\n'), std::string::npos);
  fs::remove(file);
}

TEST(OnnxRuntime, RefusesAFolderAndAnEmptyFile) {
  EXPECT_EQ(Make()->Open(kModels, {}).error().code, Code::kInvalidArgument);
  const fs::path file = WriteFile("empty.onnx", "");
  EXPECT_EQ(Make()->Open(file, {}).error().code, Code::kInvalidArgument);
  fs::remove(file);
}

TEST(OnnxRuntime, CarriesBytesWithZerosInThem) {
  const auto backend = Make();  // before the first value
  const std::vector<std::string> elements = {std::string("a\0b", 3), "", "ccc"};
  AlignedBytes copy;
  const Ort::Value value = ToValue(Tensor::OfBytes({3}, elements), copy);
  const auto back = ToTensor(value);
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(back->shape(), (tensor::Shape{3}));
  EXPECT_EQ(back->ByteElements()[0], elements[0]);
  EXPECT_EQ(back->ByteElements()[2], "ccc");
}

TEST(OnnxRuntime, CarriesEveryElementTypeOfTheProtocol) {
  const auto backend = Make();
  for (int i = 0; i < static_cast<int>(DType::kBytes); ++i) {
    const auto dtype = static_cast<DType>(i);
    AlignedBytes copy;
    const Tensor zeros = Tensor::Zeros(dtype, {2, 3});
    const auto back = ToTensor(ToValue(zeros, copy));
    ASSERT_TRUE(back.has_value()) << DTypeName(dtype);
    EXPECT_EQ(back->dtype(), dtype);
    EXPECT_EQ(back->bytes().size(), zeros.bytes().size());
  }
}

}  // namespace
}  // namespace perigee::onnxruntime

namespace perigee::serving {
namespace {

INSTANTIATE_TEST_SUITE_P(OnnxRuntime, BackendContract,
                         testing::Values(BackendCase{"OnnxRuntime", onnxruntime::Make,
                                                     onnxruntime::ModelFile("identity_u8"),
                                                     onnxruntime::ModelFile("slow"),
                                                     onnxruntime::kModels / "missing.onnx",
                                                     onnxruntime::kModels / "slow" / "card.toml"}),
                         NameOf);

}  // namespace
}  // namespace perigee::serving
