#include "trial/waiting_line.h"

#include <algorithm>
#include <deque>

#include "trial/simulation.h"

namespace perigee::trial {
namespace {

using serving::Decision;
using serving::QueuedRequest;

class ScheduledLine final : public WaitingLine {
 public:
  explicit ScheduledLine(const SimulationOptions& options)
      : scheduler_(options.node), recorder_(options.recorder) {
    const Duration one = options.start + options.row;
    const Duration full = options.start + options.node.batch_max * options.row;
    std::vector<serving::ProfilePoint> points = {{1, one, one}};
    if (options.node.batch_max > 1) points.push_back({options.node.batch_max, full, full});
    scheduler_.profile().Seed(points);
    if (recorder_ != nullptr) recorder_->Seed(points);
  }

  bool Push(const QueuedRequest& request, TimePoint now) override {
    if (recorder_ != nullptr) recorder_->Push(request, now);
    return scheduler_.Push(request, now).has_value();
  }

  void Decide(TimePoint now, bool free, Decision& decision) override {
    if (free) {
      scheduler_.Decide(now, decision);
    } else {
      scheduler_.Expire(now, decision);
    }
    if (recorder_ != nullptr) recorder_->Decide(now, free, decision);
  }

  void Finish(TimePoint started, int rows, TimePoint now) override {
    if (recorder_ != nullptr) recorder_->Finish(started, rows, now, true);
    scheduler_.Finish(started, rows, now, true);
  }

  task::Hint Predict(TimePoint now, Duration budget) const override {
    return scheduler_.Predict(now, budget);
  }

 private:
  serving::Scheduler scheduler_;
  serving::TraceRecorder* recorder_;
};

// Takes as many as a batch holds, in one order or the other.
class SimpleLine final : public WaitingLine {
 public:
  explicit SimpleLine(const SimulationOptions& options)
      : rule_(options.rule), batch_max_(options.node.batch_max) {}

  bool Push(const QueuedRequest& request, TimePoint /*now*/) override {
    const auto place = rule_ == Rule::kEdf ? std::ranges::upper_bound(waiting_, request.deadline,
                                                                      {}, &QueuedRequest::deadline)
                                           : waiting_.end();
    waiting_.insert(place, request);
    return true;
  }

  void Decide(TimePoint now, bool free, Decision& decision) override {
    decision.run.clear();
    decision.drop.clear();
    decision.rows = 0;
    decision.wake = kNever;
    if (!free) return;
    auto at = waiting_.begin();
    for (; at != waiting_.end() && decision.rows < batch_max_; ++at) {
      if (rule_ != Rule::kFifo && at->deadline <= now) {
        decision.drop.push_back(at->id);
      } else {
        decision.run.push_back(at->id);
        ++decision.rows;
      }
    }
    waiting_.erase(waiting_.begin(), at);
  }

  void Finish(TimePoint /*started*/, int /*rows*/, TimePoint /*now*/) override {}
  task::Hint Predict(TimePoint /*now*/, Duration /*budget*/) const override { return {}; }

 private:
  Rule rule_;
  int batch_max_;
  std::deque<QueuedRequest> waiting_;  // as long as the simulation is: not a queue of ours
};

}  // namespace

std::unique_ptr<WaitingLine> MakeLine(const SimulationOptions& options) {
  if (options.rule == Rule::kScheduler) return std::make_unique<ScheduledLine>(options);
  return std::make_unique<SimpleLine>(options);
}

}  // namespace perigee::trial
