#include "vision/change_gate.h"

#include <gtest/gtest.h>

#include "vision/testing/film.h"

namespace perigee::vision {
namespace {

using testing::Scene;
using testing::Shoot;
using testing::ViewOf;

constexpr int kFactor = 8;

tensor::Plane At8(Scene scene) {
  scene.factor = kFactor;
  return Shoot(scene);
}

ChangeGate After(const Scene& scene, const ChangeGateOptions& options = {}) {
  ChangeGate gate(options);
  gate.Answered(ViewOf(At8(scene), kFactor));
  return gate;
}

bool Changed(ChangeGate& gate, const Scene& scene) {
  return gate.Changed(ViewOf(At8(scene), kFactor));
}

Scene Face(float x) { return {.things = {{{x, 200, 64, 64}}}, .noise = 1}; }

TEST(ChangeGate, SaysChangedBeforeThereIsAnAnswer) {
  ChangeGate gate;
  EXPECT_TRUE(Changed(gate, {}));
}

TEST(ChangeGate, SeesThroughSensorNoise) {
  // 0 to 1.5 levels after averaging 8 x 8 pixels: 0 to 12 levels in the picture itself.
  for (const float noise : {0.0F, 0.5F, 1.0F, 1.5F}) {
    ChangeGate gate = After({.noise = noise, .grain = 1});
    for (std::uint32_t grain = 2; grain < 40; ++grain) {
      ASSERT_FALSE(Changed(gate, {.noise = noise, .grain = grain}))
          << noise << ' ' << gate.difference() << ' ' << gate.noise();
    }
  }
}

TEST(ChangeGate, SeesThroughLightThatChangesSlowly) {
  ChangeGate gate = After({.noise = 0.5F});
  for (int step = 0; step <= 10; ++step) {
    const auto part = static_cast<float>(step);
    EXPECT_FALSE(Changed(gate, {.gain = 1 - 0.01F * part, .bias = part, .noise = 0.5F, .grain = 7}))
        << step << ' ' << gate.difference();
  }
}

TEST(ChangeGate, ReportsALampThatIsSwitched) {
  ChangeGate gate = After({.noise = 0.5F});
  EXPECT_TRUE(Changed(gate, {.gain = 0.5F, .noise = 0.5F}));
}

TEST(ChangeGate, ReportsASmallFaceThatMovesByAnEighthOfItsSide) {
  ChangeGate gate = After(Face(300));
  EXPECT_FALSE(Changed(gate, Face(300)));
  for (const float by : {-32.0F, -8.0F, 8.0F, 16.0F}) {
    EXPECT_TRUE(Changed(gate, Face(300 + by))) << by << ' ' << gate.difference();
  }
}

TEST(ChangeGate, ReportsASmallFaceThatComesOrGoes) {
  ChangeGate with = After(Face(300));
  EXPECT_TRUE(Changed(with, {.noise = 1}));
  ChangeGate without = After({.noise = 1});
  EXPECT_TRUE(Changed(without, Face(300)));
}

TEST(ChangeGate, ReportsASmallFaceThatMovesWhileTheLightChanges) {
  ChangeGate gate = After(Face(300));
  Scene moved = Face(312);
  moved.gain = 0.93F;
  moved.bias = 5;
  EXPECT_TRUE(Changed(gate, moved));
}

TEST(ChangeGate, ReportsACut) {
  ChangeGate gate = After({});
  EXPECT_TRUE(Changed(gate, {.camera_x = 3000, .camera_y = 170}));
}

TEST(ChangeGate, ReportsSlowMotionOnceItAddsUp) {
  // A pixel of the picture a frame: no two neighbours differ much, but the answer grows old.
  ChangeGate gate = After(Face(300));
  bool changed = false;
  for (float by = 1; by <= 8 && !changed; ++by) changed = Changed(gate, Face(300 + by));
  EXPECT_TRUE(changed);
}

TEST(ChangeGate, ReportsAnotherSize) {
  ChangeGate gate = After({});
  const tensor::Plane plane = At8({});
  EXPECT_TRUE(gate.Changed({plane, kFactor, 638, 480}));
}

TEST(ChangeGate, SaysChangedAfterManyUnchangedInARow) {
  ChangeGate gate = After({}, {.unchanged_max = 3});
  for (int frame = 0; frame < 3; ++frame) EXPECT_FALSE(Changed(gate, {}));
  EXPECT_TRUE(Changed(gate, {}));
  gate.Answered(ViewOf(At8({}), kFactor));
  EXPECT_FALSE(Changed(gate, {}));
}

TEST(ChangeGate, TakesLargerPlanesToo) {
  ChangeGate gate;
  gate.Answered(ViewOf(Shoot({.noise = 3, .factor = 4, .grain = 1}), 4));
  EXPECT_FALSE(gate.Changed(ViewOf(Shoot({.noise = 3, .factor = 4, .grain = 2}), 4)));
  EXPECT_TRUE(gate.Changed(ViewOf(Shoot({.camera_x = 30, .noise = 3, .factor = 4}), 4)));
}

TEST(ChangeGate, ForgetsOnDemand) {
  ChangeGate gate = After({});
  gate.Forget();
  EXPECT_TRUE(Changed(gate, {}));
}

TEST(ChangeGate, TakesAPictureOfOnePixel) {
  ChangeGate gate;
  tensor::Plane pixel = tensor::Plane::Of(1, 1);
  gate.Answered({pixel, 8, 5, 5});
  EXPECT_FALSE(gate.Changed({pixel, 8, 5, 5}));
  pixel.pixels[0] = 200;
  EXPECT_TRUE(gate.Changed({pixel, 8, 5, 5}));
}

}  // namespace
}  // namespace perigee::vision
