#include "vision/tracker.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <random>
#include <set>

#include "vision/testing/film.h"

namespace perigee::vision {
namespace {

using testing::Scene;
using testing::Shoot;
using testing::Thing;
using testing::ViewOf;

constexpr int kFrames = 60;
constexpr int kEvery = 5;

Box Around(float x, float y, float side) { return {x - side / 2, y - side / 2, side, side}; }

float Hidden(const Box& box, const Box& bar) {
  const float width = std::min(box.right(), bar.right()) - std::max(box.x, bar.x);
  const float height = std::min(box.bottom(), bar.bottom()) - std::max(box.y, bar.y);
  return std::max(width, 0.0F) * std::max(height, 0.0F) / box.area();
}

// What a detector says: each box that is not mostly hidden, off by 3 % of its side.
std::vector<ScoredBox> Detect(const Scene& scene, std::mt19937& random) {
  std::normal_distribution<float> jitter(0, 0.03F);
  std::vector<ScoredBox> boxes;
  for (const Thing& thing : scene.things) {
    if (Hidden(thing.box, scene.bar) > 0.4F) continue;
    const float side = thing.box.width * (1 + jitter(random));
    const float x = thing.box.x + thing.box.width / 2 + thing.box.width * jitter(random);
    const float y = thing.box.y + thing.box.height / 2 + thing.box.height * jitter(random);
    boxes.push_back({Around(x, y, side), 0.9F});
  }
  return boxes;
}

struct Outcome {
  double iou = 0;  // mean over frames and things, of the track with the thing's identity
  std::size_t identities = 0;  // given out in all
};

Outcome Play(const std::function<Scene(float)>& scene_at) {
  std::mt19937 random(5);
  Tracker tracker;
  std::set<std::uint64_t> identities;
  Outcome outcome;
  int count = 0;
  for (int frame = 0; frame < kFrames; ++frame) {
    Scene scene = scene_at(static_cast<float>(frame));
    scene.grain = static_cast<std::uint32_t>(frame + 1);
    const tensor::Plane plane = Shoot(scene);
    if (frame % kEvery == 0) {
      tracker.Detected(ViewOf(plane), Detect(scene, random));
    } else {
      tracker.Follow(ViewOf(plane));
    }
    for (const Track& track : tracker.tracks()) identities.insert(track.id);
    // Detections come in the order of things, so the first frame gives thing i identity i + 1.
    for (std::size_t at = 0; at < scene.things.size(); ++at, ++count) {
      for (const Track& track : tracker.tracks()) {
        if (track.id == at + 1) outcome.iou += Iou(track.box, scene.things[at].box);
      }
    }
  }
  outcome.iou /= count;
  outcome.identities = identities.size();
  return outcome;
}

TEST(Tracker, FollowsAPanningCamera) {
  const Outcome straight = Play([](float t) {
    return Scene{.things = {{Around(130 + 6 * t, 200 + t, 120)}}, .camera_x = -6 * t};
  });
  EXPECT_GT(straight.iou, 0.85);
  EXPECT_EQ(straight.identities, 1U);
  const Outcome curved = Play([](float t) {
    const float x = 80 * std::sin(0.15F * t);
    const float y = 80 * std::cos(0.15F * t);
    return Scene{.things = {{Around(300 + x, 240 + y, 100)}}, .camera_x = -x, .camera_y = -y};
  });
  EXPECT_GT(curved.iou, 0.85);
  EXPECT_EQ(curved.identities, 1U);
}

TEST(Tracker, FollowsSizeInAndOut) {
  const Outcome in =
      Play([](float t) { return Scene{.things = {{Around(320, 240, 70 * std::pow(1.02F, t))}}}; });
  EXPECT_GT(in.iou, 0.85);
  EXPECT_EQ(in.identities, 1U);
  const Outcome out =
      Play([](float t) { return Scene{.things = {{Around(320, 240, 220 * std::pow(0.98F, t))}}}; });
  EXPECT_GT(out.iou, 0.85);
  EXPECT_EQ(out.identities, 1U);
}

TEST(Tracker, KeepsWhatPassesBehindABar) {
  for (const float width : {60.0F, 140.0F}) {
    const Outcome outcome = Play([width](float t) {
      return Scene{.things = {{Around(100 + 8 * t, 240, 120)}}, .bar = {270, 0, width, 480}};
    });
    EXPECT_GT(outcome.iou, 0.7) << width;
    EXPECT_EQ(outcome.identities, 1U) << width;
  }
}

TEST(Tracker, KeepsTwoApartThatCrossBehindABar) {
  for (const float apart : {150.0F, 40.0F}) {
    const Outcome outcome = Play([apart](float t) {
      const Thing right = {Around(80 + 8 * t, 240 - apart / 2, 120), 1};
      const Thing left = {Around(560 - 8 * t, 240 + apart / 2, 120), 2};
      return Scene{.things = {right, left}, .bar = {245, 0, 150, 480}};
    });
    EXPECT_GT(outcome.iou, 0.7) << apart;
    EXPECT_EQ(outcome.identities, 2U) << apart;
  }
}

TEST(Tracker, GoesOnWithoutTheThingForAWhileThenDropsIt) {
  TrackerOptions options;
  options.lost_max = 4;
  Tracker tracker(options);
  const auto at = [](float x) { return Shoot({.things = {{Around(x, 240, 100)}}}); };
  const tensor::Plane first = at(200);
  tracker.Detected(ViewOf(first), std::vector<ScoredBox>{{Around(200, 240, 100), 0.8F}});
  for (const float x : {205.0F, 210.0F, 215.0F, 220.0F, 225.0F}) tracker.Follow(ViewOf(at(x)));
  const tensor::Plane gone = Shoot({.grain = 9});
  for (int lost = 1; lost <= 4; ++lost) {
    tracker.Follow(ViewOf(gone));
    ASSERT_EQ(tracker.tracks().size(), 1U);
    const Track& track = tracker.tracks()[0];
    EXPECT_EQ(track.lost_for, lost);
    EXPECT_EQ(track.confidence, 0);
    EXPECT_NEAR(track.box.x, 175 + 5 * lost, 4);
  }
  tracker.Follow(ViewOf(gone));
  EXPECT_TRUE(tracker.tracks().empty());
}

TEST(Tracker, DropsWhatTheDetectorNoLongerReports) {
  Tracker tracker;
  const tensor::Plane plane = Shoot({.things = {{Around(200, 240, 100)}}});
  tracker.Detected(ViewOf(plane), std::vector<ScoredBox>{{Around(200, 240, 100), 0.8F}});
  for (int misses = 1; misses <= 2; ++misses) {
    tracker.Detected(ViewOf(plane), {});
    EXPECT_EQ(tracker.tracks().size(), 1U);
  }
  tracker.Detected(ViewOf(plane), {});
  EXPECT_TRUE(tracker.tracks().empty());
}

TEST(Tracker, NeverGivesAnIdentityTwice) {
  Tracker tracker;
  const tensor::Plane plane = Shoot({.things = {{Around(200, 240, 100)}}});
  const std::vector<ScoredBox> boxes = {{Around(200, 240, 100), 0.8F}};
  for (std::uint64_t id = 1; id <= 3; ++id) {
    tracker.Detected(ViewOf(plane), boxes);
    ASSERT_EQ(tracker.tracks().size(), 1U);
    EXPECT_EQ(tracker.tracks()[0].id, id);
    tracker.Forget();
  }
}

TEST(Tracker, EndsEveryTrackWhenTheSizeOfThePictureChanges) {
  Tracker tracker;
  const tensor::Plane plane = Shoot({.things = {{Around(200, 240, 100)}}});
  tracker.Detected(ViewOf(plane), std::vector<ScoredBox>{{Around(200, 240, 100), 0.8F}});
  tracker.Follow({plane, 4, 638, 480});
  EXPECT_TRUE(tracker.tracks().empty());
}

TEST(Tracker, LeavesOutBoxesThatAreNoBoxes) {
  Tracker tracker;
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinity = std::numeric_limits<float>::infinity();
  const tensor::Plane plane = Shoot({.things = {{Around(200, 240, 100)}}});
  const std::vector<ScoredBox> boxes = {{{nan, 0, 50, 50}, 0.9F}, {{0, 0, infinity, 50}, 0.9F},
                                        {{0, 0, 0, 50}, 0.9F},    {{0, 0, 50, -5}, 0.9F},
                                        {{0, 0, 50, 50}, nan},    {Around(200, 240, 100), 0.5F}};
  tracker.Detected(ViewOf(plane), boxes);
  ASSERT_EQ(tracker.tracks().size(), 1U);
  EXPECT_EQ(tracker.tracks()[0].score, 0.5F);
}

TEST(Tracker, HoldsNoMoreTracksThanItMay) {
  TrackerOptions options;
  options.tracks_max = 2;
  Tracker tracker(options);
  const tensor::Plane plane = Shoot({});
  const std::vector<ScoredBox> boxes = {
      {Around(100, 100, 60), 0.5F}, {Around(300, 100, 60), 0.9F}, {Around(500, 100, 60), 0.7F}};
  tracker.Detected(ViewOf(plane), boxes);
  ASSERT_EQ(tracker.tracks().size(), 2U);
  EXPECT_EQ(tracker.tracks()[0].score, 0.9F);
  EXPECT_EQ(tracker.tracks()[1].score, 0.7F);
}

TEST(Tracker, HoldsABoxThatIsTooPlainToFollow) {
  Tracker tracker;
  tensor::Plane plain = tensor::Plane::Of(160, 120);
  tracker.Detected(ViewOf(plain), std::vector<ScoredBox>{{Around(200, 240, 100), 0.8F}});
  tracker.Follow(ViewOf(plain));
  ASSERT_EQ(tracker.tracks().size(), 1U);
  EXPECT_EQ(tracker.tracks()[0].lost_for, 1);
  EXPECT_EQ(tracker.tracks()[0].box.x, 150);
}

TEST(Tracker, TakesFramesWithoutPixels) {
  Tracker tracker;
  const tensor::Plane nothing;
  tracker.Detected({nothing, 4, 0, 0}, std::vector<ScoredBox>{{Around(9, 9, 9), 0.8F}});
  tracker.Follow({nothing, 4, 0, 0});
  EXPECT_LE(tracker.tracks().size(), 1U);
}

}  // namespace
}  // namespace perigee::vision
