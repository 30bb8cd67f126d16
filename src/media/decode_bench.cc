// What a picture costs before a model sees it: decoding at each scale, turning, letterboxing.
// Run on a quiet machine; pictures are noise over a gradient, about as hard as a photograph.
#include <benchmark/benchmark.h>

#include <random>

#include "media/decode.h"
#include "media/encode.h"
#include "media/luma.h"
#include "media/orient.h"
#include "tensor/resample.h"

namespace perigee::media {
namespace {

tensor::Image Photograph(int width, int height) {
  tensor::Image image = tensor::Image::Of(width, height);
  std::mt19937 random(7);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int channel = 0; channel < 3; ++channel) {
        const unsigned value = static_cast<unsigned>(x / 8 + y / 4 * channel) + random() % 24;
        image.Row(y)[static_cast<std::size_t>(3 * x + channel)] = static_cast<std::uint8_t>(value);
      }
    }
  }
  return image;
}

void DecodeJpegAtSide(benchmark::State& state) {
  const auto bytes = *EncodeJpeg(Photograph(1920, 1280), 85);
  const int side = static_cast<int>(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(Decode(bytes, {.longest_side_min = side}));
}
BENCHMARK(DecodeJpegAtSide)->Arg(240)->Arg(480)->Arg(960)->Arg(1920)->Unit(benchmark::kMillisecond);

void DecodeLumaOfAJpeg(benchmark::State& state) {
  const auto bytes = *EncodeJpeg(Photograph(640, 480), 75);
  const int factor = static_cast<int>(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(DecodeLuma(bytes, factor));
}
BENCHMARK(DecodeLumaOfAJpeg)->Arg(1)->Arg(2)->Arg(4)->Arg(8)->Unit(benchmark::kMicrosecond);

void TurnQuarter(benchmark::State& state) {
  const tensor::Image image = Photograph(960, 640);
  for (auto _ : state) benchmark::DoNotOptimize(Upright(image, 6));
}
BENCHMARK(TurnQuarter)->Unit(benchmark::kMillisecond);

void ResizeToDetector(benchmark::State& state) {
  const tensor::Image image = Photograph(static_cast<int>(state.range(0)), 640);
  for (auto _ : state) benchmark::DoNotOptimize(tensor::ResizeBilinear(image, 416, 277));
}
BENCHMARK(ResizeToDetector)->Arg(480)->Arg(960)->Arg(1920)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace perigee::media
