// How requests end early: stopped, late, or the model unloaded.
#include <gtest/gtest.h>

#include <random>
#include <thread>

#include "base/testing/fake_clock.h"
#include "serving/served_model.h"
#include "serving/testing/fake_backend.h"
#include "serving/testing/submission.h"

namespace perigee::serving {
namespace {

using std::chrono::milliseconds;

TEST(ServedModelStop, AQueuedRequestLeavesAtOnce) {
  Gate gate;
  const auto backend = IdentityBackend(&gate);
  const auto model = Serve(*backend);
  Submission running(*model, Submission::X(1, 1));
  gate.WaitForRuns(1);
  Submission waiting(*model, Submission::X(1, 2));
  waiting.Stop();
  ASSERT_TRUE(waiting.answered());  // while the only instance is still busy
  EXPECT_EQ(waiting.Failure(), Code::kCancelled);
  EXPECT_EQ(model->statistics().queued_now, 0U);
  EXPECT_EQ(model->statistics().cancelled, 1U);
  gate.Open();
  EXPECT_TRUE(running.Answer().has_value());
  EXPECT_EQ(backend->runs(), 1);
}

TEST(ServedModelStop, ARunStopsWhenAllItsCallersHaveLeft) {
  Gate gate;  // never opened
  const auto backend = IdentityBackend(&gate);
  const auto model =
      Serve(*backend, {.batch_max = 2, .gather_max = 2, .wait_max = std::chrono::minutes(1)});
  Submission first(*model, Submission::X(1, 1));
  Submission second(*model, Submission::X(1, 2));
  gate.WaitForRuns(1);
  first.Stop();
  EXPECT_FALSE(first.answered());
  second.Stop();
  EXPECT_EQ(first.Failure(), Code::kCancelled);
  EXPECT_EQ(second.Failure(), Code::kCancelled);
}

TEST(ServedModelStop, ARunGoesOnForTheCallersWhoStay) {
  Gate gate;
  const auto backend = IdentityBackend(&gate);
  const auto model =
      Serve(*backend, {.batch_max = 2, .gather_max = 2, .wait_max = std::chrono::minutes(1)});
  Submission leaves(*model, Submission::X(1, 1));
  Submission stays(*model, Submission::X(1, 2));
  gate.WaitForRuns(1);
  leaves.Stop();
  gate.Open();
  EXPECT_EQ(leaves.Failure(), Code::kCancelled);
  EXPECT_TRUE(stays.Answer().has_value());
}

TEST(ServedModelStop, TheRunAfterAStoppedOneIsNotStopped) {
  Gate gate;
  const auto backend = IdentityBackend(&gate);
  const auto model = Serve(*backend);
  Submission stopped(*model, Submission::X(1, 1));
  gate.WaitForRuns(1);
  stopped.Stop();
  EXPECT_EQ(stopped.Failure(), Code::kCancelled);
  Submission next(*model, Submission::X(1, 2));
  gate.WaitForRuns(2);
  gate.Open();
  EXPECT_TRUE(next.Answer().has_value());
}

TEST(ServedModelStop, RefusesWhoHasLeftAlready) {
  const auto backend = IdentityBackend();
  const auto model = Serve(*backend);
  std::stop_source stop;
  stop.request_stop();
  const model::Tensors inputs = Submission::X(1, 1);
  const auto output = model::Run(*model, inputs, {kNever, stop.get_token(), {}});
  EXPECT_EQ(output.error().code, Code::kCancelled);
  EXPECT_EQ(backend->runs(), 0);
}

TEST(ServedModelStop, AQueuedRequestIsLateOnTimeThoughTheInstanceIsBusy) {
  Gate gate;
  const auto backend = IdentityBackend(&gate);
  const auto model = Serve(*backend);
  Submission running(*model, Submission::X(1, 1));
  gate.WaitForRuns(1);
  Submission late(*model, Submission::X(1, 2), kClock.Now() + milliseconds(5));
  EXPECT_EQ(late.Failure(), Code::kDeadlineExceeded);
  EXPECT_EQ(model->statistics().late, 1U);
  EXPECT_FALSE(running.answered());
  gate.Open();
  EXPECT_TRUE(running.Answer().has_value());
}

TEST(ServedModelStop, ARunThatCanOnlyBeLateIsStopped) {
  Gate gate;  // never opened
  const auto backend = IdentityBackend(&gate);
  const auto model = Serve(*backend);
  Submission late(*model, Submission::X(1, 1), kClock.Now() + milliseconds(50));
  EXPECT_EQ(late.Failure(), Code::kDeadlineExceeded);
}

TEST(ServedModelStop, AnEarlierDeadlineThanAnyBeforeIsKept) {
  Gate gate;
  const auto backend = IdentityBackend(&gate);
  const auto model = Serve(*backend);
  Submission running(*model, Submission::X(1, 1));
  gate.WaitForRuns(1);
  Submission patient(*model, Submission::X(1, 2), kClock.Now() + std::chrono::hours(1));
  Submission hasty(*model, Submission::X(1, 3), kClock.Now() + milliseconds(5));
  EXPECT_EQ(hasty.Failure(), Code::kDeadlineExceeded);
  EXPECT_FALSE(patient.answered());
  gate.Open();
  EXPECT_TRUE(patient.Answer().has_value());
}

TEST(ServedModelStop, WhatIsLateWhenAnInstanceGetsFreeNeverRuns) {
  FakeClock clock;
  Gate gate;
  const auto backend = IdentityBackend(&gate);
  const auto model = Serve(*backend, {}, clock);
  Submission running(*model, Submission::X(1, 1));
  gate.WaitForRuns(1);
  Submission late(*model, Submission::X(1, 2), clock.Now() + std::chrono::hours(2));
  clock.Advance(std::chrono::hours(3));
  gate.Open();
  EXPECT_TRUE(running.Answer().has_value());
  EXPECT_EQ(late.Failure(), Code::kDeadlineExceeded);
  EXPECT_EQ(backend->runs(), 1);
}

TEST(ServedModelStop, UnloadingAnswersWhatWaitsAndWhatRuns) {
  Gate gate;  // never opened
  const auto backend = IdentityBackend(&gate);
  auto model = Serve(*backend);
  Submission running(*model, Submission::X(1, 1));
  gate.WaitForRuns(1);
  Submission waiting(*model, Submission::X(1, 2));
  model.reset();
  EXPECT_EQ(running.Failure(), Code::kUnavailable);
  EXPECT_EQ(waiting.Failure(), Code::kUnavailable);
}

TEST(ServedModelStop, EveryRequestIsAnsweredOnceWhateverRacesWhatever) {
  const auto backend = IdentityBackend();
  for (int round = 0; round < 20; ++round) {
    auto model = Serve(*backend, {.instances = 2, .queue_max = 8});
    std::vector<std::jthread> callers;
    for (unsigned caller = 0; caller < 3; ++caller) {
      callers.emplace_back([&model, caller] {
        std::mt19937 random(caller);
        for (int i = 0; i < 30; ++i) {
          // The promise throws if it is set twice, and Answer hangs if it never is.
          Submission one(*model, Submission::X(1, 1),
                         kClock.Now() + std::chrono::microseconds(random() % 200));
          std::jthread leaver([&one] { one.Stop(); });
          const auto answer = one.Answer();
        }
      });
    }
    callers.clear();
  }
}

}  // namespace
}  // namespace perigee::serving
