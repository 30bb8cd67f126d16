#include "serving/retirement.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <latch>
#include <utility>

#include "serving/testing/fake_backend.h"
#include "serving/testing/submission.h"

namespace perigee::serving {
namespace {

TEST(Retirement, EndsAModelWhenItsLastOwnerLetsGo) {
  std::atomic<int> ended = 0;
  const auto backend = IdentityBackend();
  Retirement retirement([&ended] { ++ended; });
  model::SharedModel model = retirement.Share({nullptr, Serve(*backend)});
  model::SharedModel another = model;
  model.reset();
  retirement.WaitUntilIdle();
  EXPECT_EQ(ended, 0);
  EXPECT_TRUE(model::Run(*another, Submission::X(1, 1), {}).has_value());
  another.reset();
  retirement.WaitUntilIdle();
  EXPECT_EQ(ended, 1);
  EXPECT_EQ(retirement.waiting(), 0U);
}

// The answer's callback, on the model's own thread, is the last owner: it is held up until the
// submitter has let go.
TEST(Retirement, EndsAModelWhoseLastOwnerIsItsOwnThread) {
  const auto backend = IdentityBackend();
  Retirement retirement(nullptr);
  model::SharedModel model = retirement.Share({nullptr, Serve(*backend)});
  const model::Tensors inputs = Submission::X(1, 1);
  std::latch submitted(1);
  std::latch answered(1);
  model->Submit(inputs, {}, [&, last = model](const Result<model::Output>&) mutable {
    submitted.wait();
    last.reset();
    answered.count_down();
  });
  model.reset();
  submitted.count_down();
  answered.wait();
  retirement.WaitUntilIdle();
  EXPECT_EQ(retirement.waiting(), 0U);
}

TEST(Retirement, SaysWhetherThoseThatWaitAreFewEnough) {
  std::latch ending(1);
  std::promise<void> release;
  const auto backend = IdentityBackend();
  Retirement retirement([&] {
    ending.count_down();
    release.get_future().wait();
  });
  EXPECT_TRUE(retirement.WaitForFewerThan(1, {}));
  (void)retirement.Share({nullptr, Serve(*backend)});
  ending.wait();
  EXPECT_FALSE(retirement.WaitForFewerThan(1, {}));
  EXPECT_TRUE(retirement.WaitForFewerThan(2, {}));
  release.set_value();
  EXPECT_TRUE(retirement.WaitForFewerThan(1, std::chrono::minutes(1)));
}

TEST(Retirement, WaitsAtItsEndForWhatWasHandedOver) {
  std::atomic<int> ended = 0;
  const auto backend = IdentityBackend();
  {
    Retirement retirement([&ended] { ++ended; });
    (void)retirement.Share({nullptr, Serve(*backend)});
  }
  EXPECT_EQ(ended, 1);
}

}  // namespace
}  // namespace perigee::serving
