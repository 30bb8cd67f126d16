// A frame costs one picture and one tensor, and from the second on neither. Counts every large
// allocation of this test program, by replacing the global operator new.
#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>

#include "base/testing/fake_clock.h"
#include "media/encode.h"
#include "pipeline/emotion.h"
#include "pipeline/testing/fake_face_models.h"

namespace perigee::pipeline {
namespace {

// Less than the smallest tensor below, more than a row of the largest picture as floats.
constexpr std::size_t kLargeBytes = 8000;
constexpr std::size_t kSquareBytes = std::size_t{64} * 64 * 3;

struct Counted {
  std::atomic<bool> armed = false;
  std::atomic<int> large = 0;
  std::atomic<std::size_t> bytes = 0;  // of the large ones
};

Counted& Counter() {
  static Counted counted;
  return counted;
}

void* Allocate(std::size_t size) {
  Counted& counted = Counter();
  if (counted.armed && size >= kLargeBytes) {
    ++counted.large;
    counted.bytes += size;
  }
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}

}  // namespace
}  // namespace perigee::pipeline

// All forms, as a sanitizer would otherwise pair its own with ours. Not inlined, or the compiler
// sees malloc() behind one and delete behind the other.
[[gnu::noinline]] void* operator new(std::size_t size) { return perigee::pipeline::Allocate(size); }
[[gnu::noinline]] void* operator new[](std::size_t size) {
  return perigee::pipeline::Allocate(size);
}
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return std::malloc(size == 0 ? 1 : size);
}
[[gnu::noinline]] void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return std::malloc(size == 0 ? 1 : size);
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete[](void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

namespace perigee::pipeline {
namespace {

class AllocationTest : public testing::Test {
 protected:
  AllocationTest()
      : detector_(FakeDetector({{{4, 4, 20, 20}, 0.9F}}).description(),
                  [this](const model::Tensors& inputs,
                         const task::Context& context) -> Result<model::Tensors> {
                    seen_ = inputs.front().tensor.bytes().data();
                    model::Output output = TRY(model::Run(boxes_, inputs, context));
                    return std::move(output.tensors);
                  }),
        boxes_(FakeDetector({{{4, 4, 20, 20}, 0.9F}})),
        classifier_(FakeClassifier()),
        pipeline_(*EmotionPipeline::Open({Borrowed(detector_), detector_card_},
                                         {Borrowed(classifier_), classifier_card_}, clock_)) {}

  // What one photograph allocated.
  void Run(std::span<const std::byte> photo) {
    Counter().large = 0;
    Counter().bytes = 0;
    Counter().armed = true;
    const Result<task::Answer> answer = pipeline_->Run({photo, "", {}}, {});
    Counter().armed = false;
    ASSERT_TRUE(answer.has_value()) << answer.error().message;
    ASSERT_EQ(answer->faces.size(), 1U);
  }

  FakeClock clock_;
  const std::byte* seen_ = nullptr;  // what the detector's session was given
  model::FakeModel detector_;
  model::FakeModel boxes_;
  model::FakeModel classifier_;
  model::Card detector_card_ = FakeDetectorCard();
  model::Card classifier_card_ = FakeClassifierCard();
  std::unique_ptr<EmotionPipeline> pipeline_;
};

TEST_F(AllocationTest, APhotographIsOnePictureAndOneTensor) {
  const auto jpeg = *media::EncodeJpeg(tensor::Image::Of(320, 240), 80);
  Run(jpeg);
  EXPECT_EQ(Counter().large, 2);
  EXPECT_EQ(Counter().bytes, std::size_t{320} * 240 * 3 + kSquareBytes);
}

TEST_F(AllocationTest, TheNextOneIsNeither) {
  const auto jpeg = *media::EncodeJpeg(tensor::Image::Of(320, 240), 80);
  Run(jpeg);
  const std::byte* const first = seen_;
  Run(jpeg);
  EXPECT_EQ(Counter().large, 0);
  EXPECT_EQ(seen_, first);
}

TEST_F(AllocationTest, ALargerPictureIsOneAgainAndTheTensorIsKept) {
  Run(*media::EncodeJpeg(tensor::Image::Of(160, 120), 80));
  Run(*media::EncodeJpeg(tensor::Image::Of(320, 240), 80));
  EXPECT_EQ(Counter().large, 1);
  EXPECT_EQ(Counter().bytes, std::size_t{320} * 240 * 3);
}

}  // namespace
}  // namespace perigee::pipeline
