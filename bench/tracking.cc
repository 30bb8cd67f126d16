// How well boxes are followed between detections, on photographs that move as told: a camera that
// pans and zooms, faces that walk over another picture, pass behind a bar, cross behind it. Every
// frame goes through a JPEG of quality 75, so noise is what a camera stream has. Truth is the box
// that the detector finds in the still, moved along. Prints a table; exit status 1 if a sequence
// misses its target.
//
//   tracking_bench --photographs .deps/npm/face-api/demo --golden test/golden/emotion
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "media/encode.h"
#include "media/luma.h"
#include "moving_photograph.h"
#include "vision/box.h"
#include "vision/tracker.h"

namespace perigee::bench {
namespace {

constexpr int kFrames = 60;
constexpr float kIouMin = 0.7F;

struct Flags {
  std::string photographs;
  std::string golden;
  int every = 5;         // detections: one in so many frames
  int quality = 75;      // of the JPEGs between
  int factor = 4;        // luma at 1/factor
  float jitter = 0.03F;  // of a detection, standard deviation in sides of the box
  int seed = 1;
  std::string only;    // sequences whose names hold this
  bool trace = false;  // every frame of them
};

struct Sequence {
  std::string name;
  std::function<Shot(int)> at;  // frame 0..
};

// What one sequence came to.
struct Score {
  double iou = 0;       // sums over frames and things
  double held = 0;      // the same of the last detection's box left where it was
  double iou_seen = 0;  // of the frames in which at least half of the thing is to be seen
  int count = 0;
  int count_seen = 0;
  int switches = 0;
  std::vector<double> follow_us;
};

class Judge {
 public:
  explicit Judge(std::size_t things) : ids_(things, 0), held_(things) {}

  void Note(std::size_t thing, const vision::Box& detection) { held_[thing] = detection; }

  void Frame(const std::vector<Thing>& things, const std::vector<vision::Track>& tracks) {
    for (std::size_t at = 0; at < things.size(); ++at) {
      // One that has left comes back as another.
      if (things[at].inside < 0.5F) {
        ids_[at] = 0;
        held_[at] = {};
      }
      if (held_[at].area() <= 0) continue;
      Count(at, things[at], tracks);
    }
  }
  Score score;

 private:
  void Count(std::size_t at, const Thing& thing, const std::vector<vision::Track>& tracks) {
    float own = 0;
    const vision::Track* best = nullptr;
    for (const vision::Track& track : tracks) {
      const float iou = vision::Iou(track.box, thing.box);
      if (track.id == ids_[at]) own = iou;
      if (iou > 0.3F && (best == nullptr || iou > vision::Iou(best->box, thing.box))) best = &track;
    }
    if (best != nullptr && best->id != ids_[at] && own < 0.3F) {
      score.switches += ids_[at] != 0 ? 1 : 0;
      ids_[at] = best->id;
      own = vision::Iou(best->box, thing.box);
    }
    score.iou += own;
    score.held += vision::Iou(held_[at], thing.box);
    ++score.count;
    if (thing.visible < 0.5F) return;
    score.iou_seen += own;
    ++score.count_seen;
  }

  std::vector<std::uint64_t> ids_;  // of each thing; 0: not yet
  std::vector<vision::Box> held_;
};

vision::Box Jittered(const vision::Box& box, float jitter, std::mt19937& random) {
  std::normal_distribution<float> normal(0, jitter);
  const float width = box.width * (1 + normal(random));
  const float height = box.height * (1 + normal(random));
  return {box.x + box.width / 2 - width / 2 + box.width * normal(random),
          box.y + box.height / 2 - height / 2 + box.height * normal(random), width, height};
}

void Trace(int frame, const std::vector<Thing>& things, const std::vector<vision::Track>& tracks) {
  for (const Thing& thing : things) {
    fmt::print("{:>3} visible {:.2f}:", frame, thing.visible);
    for (const vision::Track& track : tracks) {
      fmt::print(" #{} iou {:.2f} lost {} confidence {:.2f}", track.id,
                 vision::Iou(track.box, thing.box), track.lost_for, track.confidence);
    }
    fmt::print("\n");
  }
}

Score Run(const Sequence& sequence, const Flags& flags) {
  std::mt19937 random(static_cast<std::uint32_t>(flags.seed));
  Judge judge(Truth(sequence.at(0)).size());
  vision::Tracker tracker;
  for (int frame = 0; frame < kFrames; ++frame) {
    const Shot shot = sequence.at(frame);
    const std::vector<Thing> things = Truth(shot);
    const auto jpeg = media::EncodeJpeg(Render(shot), flags.quality);
    const auto luma = media::DecodeLuma(*jpeg, flags.factor);
    if (frame % flags.every == 0) {
      std::vector<vision::ScoredBox> boxes;
      for (std::size_t at = 0; at < things.size(); ++at) {
        if (things[at].visible < 0.6F) continue;
        boxes.push_back({Jittered(things[at].box, flags.jitter, random), 0.9F});
        judge.Note(at, boxes.back().box);
      }
      tracker.Detected(luma->View(), boxes);
    } else {
      // Processor time: other programs may run.
      const std::clock_t begun = std::clock();
      tracker.Follow(luma->View());
      judge.score.follow_us.push_back(1e6 * static_cast<double>(std::clock() - begun) /
                                      CLOCKS_PER_SEC);
    }
    judge.Frame(things, tracker.tracks());
    if (flags.trace) Trace(frame, things, tracker.tracks());
  }
  return judge.score;
}

// A photograph seen by a moving camera.
Sequence Filmed(std::string name, const Still& still, std::function<Camera(float)> camera) {
  return {std::move(name), [&still, camera = std::move(camera)](int frame) {
            return Shot{&still, camera(static_cast<float>(frame)), {}, {}};
          }};
}

// Stands still before the face, looking at its middle.
Camera At(const Still& still, std::size_t face) {
  const vision::Box& box = still.faces[face];
  return {box.x + box.width / 2, box.y + box.height / 2, 1};
}

void AddCameras(const std::string& photograph, const Still& still, std::vector<Sequence>& all) {
  const Camera home = At(still, 0);
  const auto name = [&](const char* what) { return fmt::format("{} {}", photograph, what); };
  all.push_back(Filmed(name("pan 5 px a frame"), still,
                       [home](float t) { return Camera{home.x - 150 + 5 * t, home.y + t, 1}; }));
  all.push_back(Filmed(name("pan in a circle, 12 px a frame"), still, [home](float t) {
    return Camera{home.x + 80 * std::sin(0.15F * t), home.y + 80 * std::cos(0.15F * t), 1};
  }));
  all.push_back(Filmed(name("pan to and fro, up to 24 px a frame"), still, [home](float t) {
    return Camera{home.x + 120 * std::sin(0.2F * t), home.y, 1};
  }));
  all.push_back(Filmed(name("zoom in, 1.02 a frame"), still, [home](float t) {
    return Camera{home.x, home.y, 1.5F * std::pow(1.02F, -t)};
  }));
  all.push_back(Filmed(name("zoom out, 0.98 a frame"), still, [home](float t) {
    return Camera{home.x, home.y, 0.5F * std::pow(0.98F, -t)};
  }));
  all.push_back(Filmed(name("hand-held"), still, [home](float t) {
    return Camera{home.x + 6 * std::sin(1.3F * t) + 4 * std::sin(0.7F * t),
                  home.y + 5 * std::cos(1.1F * t), 1 + 0.02F * std::sin(0.9F * t)};
  }));
}

void AddBars(const std::string& photograph, const Still& still, std::vector<Sequence>& all) {
  const auto bar = [&](float width, float speed) {
    all.push_back({fmt::format("{} bar of {} px passes, {} a frame", photograph, width, speed),
                   [&still, width, speed](int frame) {
                     const float x = 200 - width + speed * static_cast<float>(frame);
                     return Shot{&still, At(still, 0), {}, {x, 0, width, kHeight}};
                   }});
  };
  bar(60, 6);
  bar(160, 10);
}

void AddWalkers(const Still& behind, const Still& still, std::vector<Sequence>& all) {
  const auto walk = [&](std::string name, vision::Box bar, std::function<Walker(float)> walker) {
    all.push_back({std::move(name), [&behind, bar, walker = std::move(walker)](int frame) {
                     const auto t = static_cast<float>(frame);
                     return Shot{&behind, {480, 320, 1}, {walker(t)}, bar};
                   }});
  };
  const Still* from = &still;
  walk("walks, 6 px a frame, bobbing", {}, [from](float t) {
    return Walker{from, 0, 130 + 6 * t, 240 + 12 * std::sin(0.5F * t), 0.8F};
  });
  walk("comes nearer, 1.02 a frame", {},
       [from](float t) { return Walker{from, 0, 250 + 2 * t, 240, 0.5F * std::pow(1.02F, t)}; });
  walk("goes away, 0.98 a frame", {},
       [from](float t) { return Walker{from, 0, 400 - 2 * t, 240, 1.3F * std::pow(0.98F, t)}; });
  walk("small, 3 px a frame", {},
       [from](float t) { return Walker{from, 0, 200 + 3 * t, 300, 0.25F}; });
  walk("passes behind 60 px at 6 a frame", {320, 0, 60, kHeight},
       [from](float t) { return Walker{from, 0, 150 + 6 * t, 240, 0.8F}; });
  walk("passes behind 140 px at 9 a frame", {280, 0, 140, kHeight},
       [from](float t) { return Walker{from, 0, 90 + 9 * t, 240, 0.8F}; });
}

void AddCrossings(const Still& behind, const Still& one, const Still& other,
                  std::vector<Sequence>& all) {
  for (const float apart : {160.0F, 60.0F, 0.0F}) {
    all.push_back({fmt::format("two cross behind 150 px, {} px apart", apart),
                   [&behind, &one, &other, apart](int frame) {
                     const auto t = static_cast<float>(frame);
                     const Walker right = {&one, 0, 80 + 8 * t, 240 - apart / 2, 0.8F};
                     const Walker left = {&other, 0, 560 - 8 * t, 240 + apart / 2, 0.8F};
                     return Shot{&behind, {480, 320, 1}, {right, left}, {245, 0, 150, kHeight}};
                   }});
  }
}

bool Report(const std::string& name, Score score) {
  std::ranges::sort(score.follow_us);
  const auto at = [&](double part) {
    return score.follow_us[static_cast<std::size_t>(
        part * static_cast<double>(score.follow_us.size() - 1))];
  };
  const double iou = score.iou / score.count;
  const bool met = iou >= kIouMin && score.switches == 0;
  fmt::print("| {:<50} | {:.3f} | {:.3f} | {:.3f} | {} | {:>4.0f} | {:>4.0f} |{}\n", name, iou,
             score.iou_seen / std::max(score.count_seen, 1), score.held / score.count,
             score.switches, at(0.5), at(0.99), met ? "" : "  missed");
  return met;
}

int Main(const Flags& flags) {
  std::vector<Still> stills;
  for (int number = 1; number <= 6; ++number) {
    Result<Still> still = Load(flags.photographs, flags.golden, fmt::format("sample{}", number));
    if (!still) {
      fmt::print(stderr, "{}\n", still.error().message);
      return 2;
    }
    stills.push_back(*std::move(still));
  }
  std::vector<Sequence> all;
  for (const std::size_t still : {0, 1, 3, 5}) {
    const std::string name = fmt::format("sample{}", still + 1);
    AddCameras(name, stills[still], all);
    AddBars(name, stills[still], all);
  }
  AddWalkers(stills[2], stills[1], all);
  AddWalkers(stills[3], stills[4], all);
  AddCrossings(stills[3], stills[0], stills[1], all);
  AddCrossings(stills[0], stills[2], stills[4], all);
  fmt::print("| sequence | IoU | while in sight | box left where it was | switches | us | p99 |\n");
  fmt::print("|---|---|---|---|---|---|---|\n");
  bool met = true;
  for (const Sequence& sequence : all) {
    if (!sequence.name.contains(flags.only)) continue;
    met = Report(sequence.name, Run(sequence, flags)) && met;
  }
  return met ? 0 : 1;
}

}  // namespace
}  // namespace perigee::bench

int main(int argc, char** argv) {
  perigee::bench::Flags flags;
  CLI::App app("Follows boxes on photographs that move as told.");
  app.add_option("--photographs", flags.photographs)->required();
  app.add_option("--golden", flags.golden)->required();
  app.add_option("--every", flags.every, "detections: one in so many frames");
  app.add_option("--quality", flags.quality);
  app.add_option("--factor", flags.factor, "luma at 1/factor");
  app.add_option("--jitter", flags.jitter, "of a detection, in sides of its box");
  app.add_option("--seed", flags.seed);
  app.add_option("--only", flags.only, "sequences whose names hold this");
  app.add_flag("--trace", flags.trace, "says every frame's tracks");
  CLI11_PARSE(app, argc, argv);
  return perigee::bench::Main(flags);
}
