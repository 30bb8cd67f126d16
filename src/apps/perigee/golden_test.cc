// The default models and the whole pipeline against the reference implementation, face-api.js
// (tools/reference wrote the golden answers), on pixels that the test makes and on photographs.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "apps/perigee/engines.h"
#include "apps/perigee/read_file.h"
#include "media/decode.h"
#include "media/encode.h"

namespace perigee::app {
namespace {

using nlohmann::json;

const std::filesystem::path kRoot = PERIGEE_SOURCE_DIR;
constexpr float kTensorTolerance = 1e-3F;
constexpr double kIouMin = 0.9;
constexpr double kSure = 0.5;  // one of the twenty faces is less sure: 0.36

json ReadGolden(const std::string& name) {
  std::ifstream file(kRoot / "test/golden" / name);
  return json::parse(file);
}

class GoldenTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    EngineOptions options;
    options.models = kRoot / "models";
    options.serving.instances = 1;
    const runtime::Log quiet(runtime::LogLevel::kError, [](std::string_view) {});
    static const SteadyClock kClock;
    auto engines = Engines::Load(options, quiet, kClock);
    ASSERT_TRUE(engines.has_value()) << engines.error().message;
    engines_ = std::move(*engines);
  }
  static void TearDownTestSuite() { engines_.reset(); }

  static Result<task::Answer> Run(std::span<const std::byte> photo) {
    return engines_->tasks().Find("emotion")->task->Run({photo, "", {}}, {});
  }

  static std::unique_ptr<Engines> engines_;
};
std::unique_ptr<Engines> GoldenTest::engines_;

// The pixels that the golden file's "pattern" describes, [1, size, size, 3] u8.
model::Tensors Pattern(const json& golden) {
  const auto size = golden["size"].get<std::int64_t>();
  auto state = golden["seed"].get<std::uint32_t>();
  const auto step = golden["step"].get<std::vector<std::uint32_t>>();
  const auto shift = golden["shift"].get<std::uint32_t>();
  tensor::Tensor pixels = tensor::Tensor::Zeros(tensor::DType::kUint8, {1, size, size, 3});
  std::size_t at = 0;
  for (std::uint32_t y = 0; y < size; ++y) {
    for (std::uint32_t x = 0; x < size; ++x) {
      for (std::uint32_t c = 0; c < 3; ++c) {
        state = state * 1664525U + 1013904223U;
        const std::uint32_t value = x * step[0] + y * step[1] + c * step[2] + (state >> shift);
        pixels.Mutable<std::uint8_t>()[at++] = static_cast<std::uint8_t>(value);
      }
    }
  }
  model::Tensors inputs;
  inputs.push_back({"image", std::move(pixels)});
  return inputs;
}

void ExpectTensors(model::Model& model, const std::string& file, const std::string& output) {
  const json cases = ReadGolden(file)["cases"];
  for (const json& golden : cases) {
    const Result<model::Output> answer = model::Run(model, Pattern(golden), {});
    ASSERT_TRUE(answer.has_value()) << answer.error().message;
    const std::span<const float> values = answer->tensors[0].tensor.As<float>();
    const auto expected = golden[output]["values"].get<std::vector<float>>();
    ASSERT_EQ(values.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      ASSERT_NEAR(values[i], expected[i], kTensorTolerance) << file << " value " << i;
    }
  }
}

TEST_F(GoldenTest, ClassifierAnswersTheReferencesTensors) {
  ExpectTensors(**engines_->models().Find("emotion", ""), "tensors/emotion.json", "probabilities");
}

TEST_F(GoldenTest, DetectorAnswersTheReferencesTensors) {
  ExpectTensors(**engines_->models().Find("face_detector", ""), "tensors/face_detector.json",
                "grid");
}

double Iou(const task::Box& box, const json& golden) {
  const double x = golden["x"];
  const double y = golden["y"];
  const double width = golden["width"];
  const double height = golden["height"];
  const double wide = std::min<double>(box.x + box.width, x + width) - std::max<double>(box.x, x);
  const double high = std::min<double>(box.y + box.height, y + height) - std::max<double>(box.y, y);
  const double shared = std::max(0.0, wide) * std::max(0.0, high);
  return shared / (box.width * box.height + width * height - shared);
}

const task::Face* FindFace(const task::Answer& answer, const json& box) {
  for (const task::Face& face : answer.faces) {
    if (Iou(face.box, box) >= kIouMin) return &face;
  }
  return nullptr;
}

// How sure the reference is of its best label.
double TopProbability(const json& face) {
  const std::string label = face["emotion"];
  return face["probabilities"][label];
}

// Expressions are compared where the reference is sure of its own: it feeds its models fractions
// of levels, we feed them whole ones, and the classifier answers differently when its crop moves by
// a pixel (docs/adr/0006-decode-scale.md).
void ExpectFaces(const json& golden, const task::Answer& answer) {
  EXPECT_EQ(answer.faces.size(), golden["faces"].size());
  for (const json& expected : golden["faces"]) {
    const task::Face* face = FindFace(answer, expected["box"]);
    ASSERT_NE(face, nullptr) << expected["box"];
    if (TopProbability(expected) < kSure) continue;
    EXPECT_EQ(face->emotion, expected["emotion"]) << expected["probabilities"];
  }
}

TEST_F(GoldenTest, PipelineFindsTheReferencesFacesAndExpressions) {
  for (int i = 1; i <= 6; ++i) {
    const std::string name = "sample" + std::to_string(i);
    SCOPED_TRACE(name);
    const auto photo = ReadFile(kRoot / ".deps/npm/face-api/demo" / (name + ".jpg"));
    ASSERT_TRUE(photo.has_value()) << photo.error().message;
    const Result<task::Answer> answer = Run(*photo);
    ASSERT_TRUE(answer.has_value()) << answer.error().message;
    ExpectFaces(ReadGolden("emotion/" + name + ".json"), *answer);
  }
}

}  // namespace
}  // namespace perigee::app
