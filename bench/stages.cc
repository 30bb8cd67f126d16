// The floor under the camera streams: what a frame costs when its stages are called straight, in
// one thread, with no socket, queue, scheduler or stream around them. Every stage is run for a
// window, in turn, so that a machine whose speed drifts drifts for all alike. Prints one JSON
// object: the CPU microseconds of one call of each stage, window by window.
//
//   stages_bench --models models --size 224 frame.jpg
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "adapters/onnxruntime/backend.h"
#include "media/decode.h"
#include "media/luma.h"
#include "model/card.h"
#include "vision/anchor_grid.h"
#include "vision/crop.h"
#include "vision/letterbox.h"
#include "vision/suppression.h"
#include "vision/tracker.h"

namespace perigee {
namespace {

constexpr int kDecodeMargin = 4;  // as src/pipeline/face_steps.cc decodes
constexpr int kLumaFactor = 4;    // as src/pipeline/emotion_stream.cc reads it
constexpr std::size_t kFacesMax = 100;

struct Flags {
  std::string frame;
  std::string models = "models";
  std::string detector = "face_detector";  // or a variant of it
  int size = 224;                          // of the detector's input, px
  int windows = 7;                         // of each stage
  double seconds = 0.2;                    // of one window
};

struct Stage {
  std::string name;
  std::function<Result<void>()> call;
  std::vector<double> cpu_us = {};
};

double ThreadCpuSeconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

Result<std::vector<std::byte>> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  if (text.empty()) return Fail(NotFound("read " + path + ": no such file, or it is empty"));
  const auto bytes = std::as_bytes(std::span(text));
  return std::vector<std::byte>(bytes.begin(), bytes.end());
}

struct Loaded {
  model::Card card;
  std::unique_ptr<serving::Session> session;
};

Result<Loaded> Load(serving::Backend& backend, const std::filesystem::path& folder) {
  Loaded loaded;
  loaded.card = TRY(model::ReadCard(folder / "card.toml"));
  loaded.session = TRY(backend.Open(folder / loaded.card.file, {.threads = 1}));
  return loaded;
}

// A square picture in a tensor, as a session takes it.
model::Tensors Input(const Loaded& model, int size) {
  model::Tensors input;
  input.push_back({model.session->inputs().front().name,
                   tensor::Tensor::Zeros(tensor::DType::kUint8, {1, size, size, 3})});
  return input;
}

// Everything between the stages; each overwrites what the next reads, as in one frame's life.
class Frame {
 public:
  static Result<std::unique_ptr<Frame>> Open(serving::Backend& backend, const Flags& flags) {
    std::vector<std::byte> jpeg = TRY(ReadFile(flags.frame));
    Loaded detector = TRY(Load(backend, flags.models + "/" + flags.detector));
    Loaded classifier = TRY(Load(backend, flags.models + "/emotion"));
    if (!detector.card.detector || !classifier.card.classifier) {
      return Fail(InvalidArgument("load models: their cards are no detector's and classifier's"));
    }
    return std::unique_ptr<Frame>(
        new Frame(std::move(jpeg), std::move(detector), std::move(classifier), flags.size));
  }

  std::vector<Stage> Stages() {
    return {{"decode", [this] { return Decode(); }},     {"luma", [this] { return ReadLuma(); }},
            {"resize", [this] { return Resize(); }},     {"detect", [this] { return Detect(); }},
            {"boxes", [this] { return FindBoxes(); }},   {"track", [this] { return Track(); }},
            {"reduce", [this] { return ReduceLuma(); }}, {"crop", [this] { return Crop(); }},
            {"classify", [this] { return Classify(); }}};
  }

  std::size_t faces() const { return faces_.size(); }
  std::size_t bytes() const { return jpeg_.size(); }
  int width() const { return picture_.source_width; }
  int height() const { return picture_.source_height; }

 private:
  Frame(std::vector<std::byte> jpeg, Loaded detector, Loaded classifier, int size)
      : jpeg_(std::move(jpeg)),
        detector_(std::move(detector)),
        classifier_(std::move(classifier)),
        size_(size),
        side_(static_cast<int>(classifier_.session->inputs().front().shape.at(1))),
        square_(Input(detector_, size)),
        crop_(Input(classifier_, side_)) {}

  Result<void> Decode() {
    // Into the memory of the picture before, as the pipeline does.
    picture_ = TRY(media::Decode(jpeg_, {.longest_side_min = kDecodeMargin * size_},
                                 std::move(picture_.image.pixels)));
    return {};
  }

  Result<void> ReadLuma() {
    luma_ = TRY(media::DecodeLuma(jpeg_, kLumaFactor));
    return {};
  }

  Result<void> ReduceLuma() {
    luma_ = media::LumaOf(picture_, kLumaFactor);
    return {};
  }

  Result<void> Resize() {
    vision::LetterboxInto(picture_.View(),
                          {square_.front().tensor.Mutable<std::uint8_t>(), size_, size_});
    return {};
  }

  Result<void> Detect() {
    grid_ = TRY(detector_.session->Run(square_, {}));
    return {};
  }

  Result<void> FindBoxes() {
    const model::Detector& card = *detector_.card.detector;
    const std::vector<vision::ScoredBox> found = TRY(
        vision::DecodeAnchorGrid(grid_.front().tensor.As<float>(), {.cells = size_ / card.stride,
                                                                    .input_size = size_,
                                                                    .anchors = card.anchors,
                                                                    .score_min = card.score_min}));
    faces_ = vision::Suppress(found, card.iou_max, kFacesMax);
    const vision::Letterbox letterbox(width(), height(), size_);
    for (vision::ScoredBox& face : faces_) {
      face.box = letterbox.ToPicture(face.box, width(), height());
    }
    if (faces_.empty()) return Fail(InvalidArgument("find boxes: the frame shows no face"));
    if (tracker_.tracks().empty()) tracker_.Detected(luma_.View(), faces_);
    return {};
  }

  Result<void> Track() {
    tracker_.Follow(luma_.View());
    return {};
  }

  Result<void> Crop() {
    const tensor::Rect rectangle = vision::CropRectangle(faces_.front().box, width(), height());
    vision::CropInto(picture_.View(), rectangle,
                     {crop_.front().tensor.Mutable<std::uint8_t>(), side_, side_});
    return {};
  }

  Result<void> Classify() {
    TRY(classifier_.session->Run(crop_, {}));
    return {};
  }

  std::vector<std::byte> jpeg_;
  Loaded detector_;
  Loaded classifier_;
  int size_;
  int side_;  // of the classifier's input, px
  media::Picture picture_;
  media::Luma luma_;
  model::Tensors square_;
  model::Tensors grid_;
  std::vector<vision::ScoredBox> faces_;
  vision::Tracker tracker_;
  model::Tensors crop_;
};

Result<void> RunWindow(Stage& stage, double seconds) {
  const double start = ThreadCpuSeconds();
  double spent = 0;
  int calls = 0;
  while (spent < seconds) {
    TRY(stage.call());
    ++calls;
    spent = ThreadCpuSeconds() - start;
  }
  stage.cpu_us.push_back(spent * 1e6 / calls);
  return {};
}

Result<void> Measure(const Flags& flags) {
  const std::unique_ptr<onnxruntime::Backend> backend = TRY(onnxruntime::Backend::Create(nullptr));
  const std::unique_ptr<Frame> frame = TRY(Frame::Open(*backend, flags));
  std::vector<Stage> stages = frame->Stages();
  for (int window = 0; window <= flags.windows; ++window) {
    for (Stage& stage : stages) TRY(RunWindow(stage, flags.seconds));
  }
  std::string table;
  for (Stage& stage : stages) {
    stage.cpu_us.erase(stage.cpu_us.begin());  // warms caches and clocks
    table += fmt::format("{}\"{}\": [{:.2f}]", table.empty() ? "" : ", ", stage.name,
                         fmt::join(stage.cpu_us, ", "));
  }
  fmt::print(
      "{{\"size\": {}, \"width\": {}, \"height\": {}, \"bytes\": {}, \"faces\": {}, "
      "\"cpu_us\": {{{}}}}}\n",
      flags.size, frame->width(), frame->height(), frame->bytes(), frame->faces(), table);
  return {};
}

}  // namespace
}  // namespace perigee

int main(int argc, char** argv) {
  perigee::Flags flags;
  CLI::App program("Runs the stages of a camera stream's frame straight");
  program.add_option("frame", flags.frame, "A JPEG that shows a face")->required();
  program.add_option("--models", flags.models, "Folder of the models");
  program.add_option("--detector", flags.detector, "Its folder there");
  program.add_option("--size", flags.size, "Of the detector's input, px")
      ->check(CLI::Range(32, 1024));
  program.add_option("--windows", flags.windows, "Of each stage")->check(CLI::Range(1, 100));
  program.add_option("--seconds", flags.seconds, "Of one window")->check(CLI::Range(0.01, 10.0));
  CLI11_PARSE(program, argc, argv);
  const perigee::Result<void> done = perigee::Measure(flags);
  if (done) return 0;
  fmt::print(stderr, "stages_bench: {}\n", done.error().message);
  return 1;
}
