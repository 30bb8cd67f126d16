#include "pipeline/stage_budget.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace perigee::pipeline {
namespace {

// The gains of TCP's round trip estimate (RFC 6298), which has the same job.
constexpr int kMeanGain = 8;
constexpr int kDeviationGain = 4;
// Mean and twice the mean deviation: beyond the 90th percentile of most shapes.
constexpr int kDeviations = 2;
// What a run that ended early takes off the reserve, in percent. Without it an estimate that one
// slow minute left behind would refuse every request that could correct it.
constexpr int kDoubtPercent = 5;
constexpr Duration kValidMin = std::chrono::milliseconds(10);
constexpr Duration kValidMax = std::chrono::seconds(1);

}  // namespace

StageBudget::StageBudget(std::vector<Stage> stages, RunsAhead runs_ahead, const Clock& clock)
    : stages_(std::move(stages)),
      runs_ahead_(std::move(runs_ahead)),
      clock_(clock),
      estimates_(stages_.size()) {}

Duration StageBudget::Wait(const Stage& stage, Duration budget) {
  if (stage.model == nullptr) return {};
  const task::Hint hint = stage.model->hint(budget);
  return hint.valid_for > Duration{} ? hint.wait : Duration{};
}

task::Hint StageBudget::hint(Duration budget) const {
  Duration wait{};
  for (const Stage& stage : stages_) wait += Wait(stage, budget);
  task::Hint hint;
  {
    const std::scoped_lock lock(mutex_);
    for (const Estimate& estimate : estimates_) {
      if (!estimate.known) return {};
      hint.service += estimate.mean;
    }
  }
  const double ahead = runs_ahead_ ? runs_ahead_() : 0;
  const Duration run = hint.service + wait;
  hint.wait = wait + Duration(static_cast<Duration::rep>(ahead * static_cast<double>(run.count())));
  hint.valid_for = std::clamp(hint.service, kValidMin, kValidMax);
  return hint;
}

void StageBudget::Observe(std::size_t stage, Duration took) {
  const std::scoped_lock lock(mutex_);
  Estimate& estimate = estimates_[stage];
  if (!std::exchange(estimate.known, true)) {
    estimate.mean = took;
    estimate.deviation = took / kDeviationGain;
    return;
  }
  const Duration error = took - estimate.mean;
  estimate.mean += error / kMeanGain;
  estimate.deviation += (std::chrono::abs(error) - estimate.deviation) / kDeviationGain;
}

Duration StageBudget::Reserve(std::size_t stage) const {
  const std::scoped_lock lock(mutex_);
  Duration reserve{};
  for (std::size_t i = stage + 1; i < estimates_.size(); ++i) {
    reserve += estimates_[i].mean + kDeviations * estimates_[i].deviation;
  }
  return reserve;
}

void StageBudget::Doubt(std::size_t stage) {
  const std::scoped_lock lock(mutex_);
  for (std::size_t i = stage + 1; i < estimates_.size(); ++i) {
    estimates_[i].mean = estimates_[i].mean * (100 - kDoubtPercent) / 100;
    estimates_[i].deviation = estimates_[i].deviation * (100 - kDoubtPercent) / 100;
  }
}

StageBudget::Run::Run(StageBudget& budget, const task::Context& context)
    : budget_(budget), context_(context) {}

// A stage without a model ends early because of what it was given, not for want of time.
StageBudget::Run::~Run() {
  if (stage_ == budget_.stages_.size() || context_.deadline == kNever) return;
  const bool by_model = budget_.stages_[stage_].model != nullptr;
  if ((refused_ || by_model) && !context_.stop.stop_requested()) budget_.Doubt(stage_);
}

Result<task::Context> StageBudget::Run::Begin() {
  const Stage& stage = budget_.stages_[stage_];
  if (context_.stop.stop_requested()) {
    return Fail(Cancelled(fmt::format("{}: the caller left", stage.name)));
  }
  task::Context context = context_;
  begun_ = budget_.clock_.Now();
  if (context.deadline != kNever) context.deadline -= budget_.Reserve(stage_);
  if (context.deadline <= begun_) {
    refused_ = true;
    return Fail(DeadlineExceeded(
        fmt::format("{}: no time is left for it and what follows it", stage.name)));
  }
  wait_ = Wait(stage, context.deadline == kNever ? task::kUsualBudget : context.deadline - begun_);
  return context;
}

// What the stage waited in its model's queue is not its own: the queue is asked anew each time. If
// the queue's prediction is wrong by a constant, the estimate takes that up.
void StageBudget::Run::End() {
  const Duration took = budget_.clock_.Now() - begun_;
  budget_.Observe(stage_++, std::max(took - wait_, Duration{}));
}

}  // namespace perigee::pipeline
