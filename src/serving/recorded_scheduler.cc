#include "serving/recorded_scheduler.h"

#include "base/check.h"

namespace perigee::serving {
namespace {

constexpr std::uint64_t kTraceBytesMax = std::uint64_t{64} << 20;

}  // namespace

RecordedScheduler::RecordedScheduler(const SchedulerOptions& options,
                                     const std::vector<ProfilePoint>& points,
                                     const std::filesystem::path& trace)
    : scheduler_(options) {
  if (!trace.empty()) {
    file_.open(trace, std::ios::binary);
    recorder_.emplace(options, [this](std::string_view lines) { file_ << lines; }, kTraceBytesMax);
  }
  if (!points.empty()) Seed(points);
}

Result<void> RecordedScheduler::Push(const QueuedRequest& request, TimePoint now) {
  if (recorder_) recorder_->Push(request, now);
  return scheduler_.Push(request, now);
}

void RecordedScheduler::Decide(TimePoint now, Decision& decision) {
  scheduler_.Decide(now, decision);
  if (recorder_) recorder_->Decide(now, true, decision);
}

void RecordedScheduler::Expire(TimePoint now, Decision& decision) {
  scheduler_.Expire(now, decision);
  if (recorder_) recorder_->Decide(now, false, decision);
}

void RecordedScheduler::Finish(TimePoint started, int rows, TimePoint now, bool learn) {
  if (recorder_) recorder_->Finish(started, rows, now, learn);
  scheduler_.Finish(started, rows, now, learn);
}

bool RecordedScheduler::Remove(std::uint64_t id) {
  if (recorder_) recorder_->Remove(id);
  return scheduler_.Remove(id);
}

void RecordedScheduler::Clear(std::vector<std::uint64_t>& ids) {
  if (recorder_) recorder_->Clear();
  scheduler_.Clear(ids);
}

void RecordedScheduler::Seed(const std::vector<ProfilePoint>& points) {
  if (recorder_) recorder_->Seed(points);
  scheduler_.profile().Seed(points);
}

void RecordedScheduler::set_batch_max(int rows) {
  CHECK(!recorder_);
  scheduler_.set_batch_max(rows);
}

}  // namespace perigee::serving
