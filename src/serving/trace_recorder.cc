#include "serving/trace_recorder.h"

#include <fmt/format.h>

#include <iterator>
#include <utility>

namespace perigee::serving {
namespace {

constexpr std::size_t kBlock = 64 << 10;  // bytes

}  // namespace

// A word at a time, with a shift that brings the high bits back down.
void DecisionHash::Add(std::uint64_t word) {
  digest_ = (digest_ ^ word) * 0x100000001b3;
  digest_ ^= digest_ >> 32;
}

void DecisionHash::Add(const Decision& decision) {
  Add(decision.run.size());
  for (const std::uint64_t id : decision.run) Add(id);
  Add(decision.drop.size());
  for (const std::uint64_t id : decision.drop) Add(id);
}

TraceRecorder::TraceRecorder(const SchedulerOptions& options, Sink sink, std::uint64_t bytes_max)
    : sink_(std::move(sink)), bytes_left_(bytes_max) {
  lines_.reserve(kBlock + 1024);
  fmt::format_to(std::back_inserter(lines_), "perigee-trace 1\noptions {} {} {} {} {}\n",
                 options.instances, options.batch_max, options.wait_max.count(), options.queue_max,
                 options.rows_max);
}

std::int64_t TraceRecorder::Step(TimePoint now) {
  if (last_ == TimePoint::min()) last_ = now;
  return (now - std::exchange(last_, now)).count();
}

void TraceRecorder::EndLine() {
  if (lines_.size() >= kBlock) Flush();
}

void TraceRecorder::Flush() {
  if (lines_.empty()) return;
  if (lines_.size() > bytes_left_) {
    // Whole lines up to the bound, and nothing ever after.
    const std::size_t end = lines_.rfind('\n', static_cast<std::size_t>(bytes_left_));
    lines_.resize(end == std::string::npos || bytes_left_ == 0 ? 0 : end + 1);
    if (lines_.size() > bytes_left_) lines_.clear();
    bytes_left_ = lines_.size();
    ended_ = true;
  }
  bytes_left_ -= lines_.size();
  if (!lines_.empty()) sink_(lines_);
  lines_.clear();
}

void TraceRecorder::Seed(const std::vector<ProfilePoint>& points) {
  if (ended_) return;
  fmt::format_to(std::back_inserter(lines_), "s");
  for (const ProfilePoint& point : points) {
    fmt::format_to(std::back_inserter(lines_), " {} {} {}", point.rows, point.median.count(),
                   point.p95.count());
  }
  lines_ += '\n';
  EndLine();
}

void TraceRecorder::Push(const QueuedRequest& request, TimePoint now) {
  if (ended_) return;
  const std::int64_t step = Step(now);
  const std::int64_t budget = request.deadline == kNever ? 0 : (request.deadline - now).count();
  fmt::format_to(std::back_inserter(lines_), "a {} {} {} {:x} {} {} {}\n", step, request.id,
                 request.rows, request.shape_key,
                 request.deadline == kNever ? "-" : fmt::format_int(budget).c_str(),
                 static_cast<int>(request.priority), request.tenant);
  EndLine();
}

void TraceRecorder::Finish(TimePoint started, int rows, TimePoint now, bool learn) {
  if (ended_) return;
  fmt::format_to(std::back_inserter(lines_), "f {} {} {} {:d}\n", Step(now),
                 (now - started).count(), rows, learn);
  EndLine();
}

void TraceRecorder::Remove(std::uint64_t id) {
  if (ended_) return;
  fmt::format_to(std::back_inserter(lines_), "r {}\n", id);
  EndLine();
}

void TraceRecorder::Clear() {
  if (ended_) return;
  lines_ += "c\n";
  EndLine();
}

void TraceRecorder::Decide(TimePoint now, bool free, const Decision& decision) {
  if (ended_) return;
  hash_.Add(decision);
  fmt::format_to(std::back_inserter(lines_), "{} {} {:x}\n", free ? 'd' : 'e', Step(now),
                 hash_.digest());
  EndLine();
}

}  // namespace perigee::serving
